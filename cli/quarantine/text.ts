/** Wallets in quarantine, as text for a person. */
import type { WalletState } from '../../engine/index.ts';
import type { LedgerImage, QuarantineList, WaitingView } from '../../persistence/index.ts';

/** What each kind of fault says to whoever reads it first. */
const MEANINGS: Readonly<Record<string, string>> = {
  fork: 'Redis and the ledger have different pasts',
  gap: 'entries before it are missing',
  behind: 'it follows an entry that waits',
  unknown_wallet: 'the row of its wallet is not in Postgres',
  arithmetic: "its result is not the ledger's balance plus its amounts",
  rejected: 'Postgres refused it, or it cannot be read',
  natural_key: 'one key had two effects; both are booked',
};

export function listText({ wallets, records }: QuarantineList): string {
  const lines = wallets.map(
    ({ walletId, organizationId, partition, waiting, since, kind, detail }) =>
      [
        `${walletId} of ${organizationId}, partition ${partition}: ${waiting} entries wait`,
        since === null ? '' : ` since ${since.toISOString()}`,
        kind === null ? '' : `; the first is a ${kind} (${detail})`,
      ].join(''),
  );
  for (const { id, kind, createdAt, detail } of records) {
    lines.push(
      `record ${id}, ${createdAt.toISOString()}: ${kind} (${detail}); no wallet waits for it`,
    );
  }
  lines.push(`${wallets.length} wallets, ${records.length} records to acknowledge`);
  return `${lines.join('\n')}\n`;
}

export interface Shown {
  readonly walletId: string;
  readonly ledger: LedgerImage;
  /** Undefined when Redis does not hold it. */
  readonly redis: WalletState | undefined;
  readonly waiting: readonly WaitingView[];
}

export function showText({ walletId, ledger, redis, waiting }: Shown): string {
  const state = ledger.quarantined ? 'in quarantine' : 'not in quarantine';
  const lines = [
    `${walletId}, partition ${ledger.partition}: ${state}`,
    `  ledger: sequence ${ledger.sequence}, posted ${ledger.postedMicros}, held ${ledger.heldMicros}`,
    redis === undefined
      ? '  Redis: not loaded'
      : `  Redis: sequence ${redis.sequence}, posted ${redis.postedMicros}, held ${redis.heldMicros}, ${redis.quarantined ? 'no new holds' : 'NOT frozen'}`,
  ];
  for (const record of waiting) lines.push(...recordLines(record));
  lines.push(`${waiting.length} entries wait`);
  if (ledger.quarantined) {
    lines.push(
      `to decide: quarantine release ${walletId} --reason TEXT, with --rebase after a fork or a gap`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function recordLines({
  id,
  streamId,
  kind,
  detail,
  createdAt,
  entry,
  rows,
}: WaitingView): string[] {
  const meaning = MEANINGS[kind] ?? '';
  const lines = [
    `record ${id}, set aside ${createdAt.toISOString()}: ${kind}: ${meaning}; ${detail}`,
  ];
  if (entry === undefined) return [...lines, `  stream id ${streamId}, cannot be read`];
  const { operation, mutationId, atMs, requestKind, requestKey, holdId, hold } = entry;
  lines.push(
    `  ${operation} ${mutationId} at ${new Date(atMs).toISOString()}, stream id ${streamId}`,
  );
  if (requestKind !== '') lines.push(`  key: ${requestKind} ${requestKey}`);
  if (holdId !== '')
    lines.push(`  hold: ${holdId}${hold?.callId ? ` of call ${hold.callId}` : ''}`);
  for (const { sequence, kind: rowKind, amountMicros, inLedger } of rows) {
    const other =
      inLedger === null
        ? 'the ledger has no such sequence'
        : `the ledger has ${inLedger.id}: ${inLedger.kind} ${inLedger.amountMicros}`;
    lines.push(`  row: sequence ${sequence}, ${rowKind} ${amountMicros}; ${other}`);
  }
  return lines;
}

export function showJson({ walletId, ledger, redis, waiting }: Shown): string {
  const body = {
    wallet_id: walletId,
    partition: ledger.partition,
    quarantined: ledger.quarantined,
    ledger: imageOf(ledger),
    redis: redis === undefined ? null : { ...imageOf(redis), quarantined: redis.quarantined },
    waiting: waiting.map(({ id, streamId, kind, detail, createdAt, mutationId, entry, rows }) => ({
      record: id,
      kind,
      detail,
      set_aside_at: createdAt.toISOString(),
      stream_id: streamId,
      mutation_id: mutationId,
      operation: entry?.operation ?? null,
      hold_id: entry?.holdId || null,
      rows: rows.map(({ sequence, kind: rowKind, amountMicros, inLedger }) => ({
        sequence,
        kind: rowKind,
        amount_micros: amountMicros,
        in_ledger:
          inLedger === null
            ? null
            : { id: inLedger.id, kind: inLedger.kind, amount_micros: inLedger.amountMicros },
      })),
    })),
  };
  return `${JSON.stringify(body)}\n`;
}

function imageOf({
  sequence,
  postedMicros,
  heldMicros,
}: Omit<LedgerImage, 'partition' | 'quarantined'>) {
  return { sequence, posted_micros: postedMicros, held_micros: heldMicros };
}

export function listJson({ wallets, records }: QuarantineList): string {
  const body = {
    wallets: wallets.map(
      ({ walletId, organizationId, partition, waiting, since, kind, detail }) => ({
        wallet_id: walletId,
        organization_id: organizationId,
        partition,
        waiting,
        since: since?.toISOString() ?? null,
        kind,
        detail,
      }),
    ),
    records: records.map(({ id, kind, walletIds, detail, createdAt }) => ({
      record: id,
      kind,
      wallet_ids: walletIds,
      detail,
      set_aside_at: createdAt.toISOString(),
    })),
  };
  return `${JSON.stringify(body)}\n`;
}
