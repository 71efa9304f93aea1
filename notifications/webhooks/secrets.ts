/** The signing secrets of an endpoint, as they are sealed: the newest first. */
export interface EndpointSecret {
  readonly secret: string;
  /** Signs until then; the newest one always does. */
  readonly untilMs?: number | undefined;
}

/** Seals and opens the secrets of one endpoint; a sealed row opens under its own id alone. */
export interface SecretBox {
  seal(secrets: readonly EndpointSecret[], endpointId: string): Buffer;
  /** Undefined when the key that sealed them is gone. */
  open(sealed: Buffer, endpointId: string): readonly EndpointSecret[] | undefined;
}

/** How long a secret signs on after it was replaced. */
export const ROTATION_MS = 24 * 3_600_000;

/** A new secret beside the newest of those there are. One that was on its way out already goes. */
export function rotated(
  secrets: readonly EndpointSecret[],
  secret: string,
  nowMs: number,
): EndpointSecret[] {
  const [newest] = secrets;
  const old = newest === undefined ? [] : [{ ...newest, untilMs: nowMs + ROTATION_MS }];
  return [{ secret }, ...old];
}

/** Those that sign now. */
export function signing(secrets: readonly EndpointSecret[], nowMs: number): string[] {
  return secrets
    .filter(({ untilMs }) => untilMs === undefined || untilMs > nowMs)
    .map(({ secret }) => secret);
}
