import { reconcileOnce, reconcilePaymentsOnce } from '../../api/main.ts';
import { type Command, optionsOf, UsageError } from '../command.ts';

const PROVIDERS = ['vapi', 'retell', 'twilio', 'stripe'];
const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Providers keep their lists for longer, but what is older was reconciled or written off. */
const SINCE_MAX_MS = 90 * 86_400_000;

type Report = Awaited<ReturnType<typeof reconcileOnce>>[number];

export const reconcile: Command = {
  name: 'reconcile',
  summary:
    'charges what the providers have in their books and we have not: exit code 1 if a list was not whole',
  options: [
    ['[vapi|retell|twilio]', 'one provider; by default every one with credentials'],
    ['stripe', 'payments: what was paid, refunded or disputed and no event told of'],
    ['--since <age or time>', 'looks at least so far back: 2h, 30m, 7d, or RFC 3339'],
    ['--json', 'prints one JSON object'],
  ],
  async run(args, { env, out }) {
    const [first, ...rest] = args;
    const provider = first === undefined || first.startsWith('-') ? undefined : providerOf(first);
    const options = optionsOf(provider === undefined ? args : rest, {
      since: { type: 'string' },
      json: { type: 'boolean' },
    });
    const since = options.since === undefined ? undefined : sinceOf(options.since, Date.now());
    if (provider === 'stripe') return payments(env, out, since, options.json === true);
    const reports = await reconcileOnce(env, { provider, since });
    out(options.json === true ? `${JSON.stringify({ reports })}\n` : reports.map(textOf).join(''));
    return reports.every(({ complete, failed }) => complete && failed === 0) ? 0 : 1;
  },
};

async function payments(
  env: Parameters<typeof reconcilePaymentsOnce>[0],
  out: (text: string) => void,
  since: Date | undefined,
  json: boolean,
): Promise<number> {
  const report = await reconcilePaymentsOnce(env, since);
  const { listed, foreign, mended, refused, unfinished, failed } = report;
  const stretch = `${report.since.toISOString()} to ${report.until.toISOString()}`;
  const counts = [
    `${listed} listed`,
    `${foreign} foreign`,
    `${mended} mended`,
    `${refused} refused`,
    `${unfinished} unfinished`,
    `${failed} failed`,
  ].join(', ');
  out(json ? `${JSON.stringify({ payments: report })}\n` : `stripe, ${stretch}\n  ${counts}\n`);
  return failed + refused + unfinished === 0 ? 0 : 1;
}

function providerOf(name: string): string {
  if (PROVIDERS.includes(name)) return name;
  throw new UsageError(`${name} is none of ${PROVIDERS.join(', ')}`);
}

/** @throws UsageError */
export function sinceOf(text: string, nowMs: number): Date {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const ageMs = Number(count) * (UNITS_MS[unit ?? ''] ?? Number.NaN);
  const since = new Date(unit === undefined ? text : nowMs - ageMs);
  const backMs = nowMs - since.getTime();
  if (backMs > 0 && backMs <= SINCE_MAX_MS) return since;
  throw new UsageError(`--since: ${text} is no age or time within the last 90 days`);
}

function textOf(report: Report): string {
  const { provider, organizationId, since, until, complete, why } = report;
  const owner = organizationId === '' ? '' : ` of ${organizationId}`;
  const counts = [
    `${report.listed} listed`,
    `${report.captured} captured`,
    `${report.settled} settled`,
    `${report.adopted} adopted`,
    `${report.charged} charged`,
    `${report.unchanged} unchanged`,
    `${report.foreign} foreign`,
    `${report.refused} refused`,
    `${report.waiting} waiting`,
    `${report.failed} failed`,
  ];
  const stretch = `${since.toISOString()} to ${until.toISOString()}`;
  const whole = complete ? '' : `  NOT WHOLE: ${why ?? 'unknown'}\n`;
  return `${provider}${owner}, ${stretch}\n  ${counts.join(', ')}\n${whole}`;
}
