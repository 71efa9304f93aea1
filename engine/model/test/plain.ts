// Answers as plain values, so that the model's and Redis' can be compared.

/** An answer as a plain value: of the engine, or the code of the error it threw. */
export type Plain = { readonly status: string } & Readonly<Record<string, unknown>>;

/** Without what JSON does not carry; not replayed and silent about it are the same. */
export function plain(answer: object): Plain {
  const { replayed, ...rest } = JSON.parse(JSON.stringify(answer)) as Plain;
  return replayed === true ? { ...rest, replayed } : rest;
}
