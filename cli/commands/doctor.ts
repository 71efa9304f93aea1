import { createInspector, type Inspector } from '../../engine/index.ts';
import { connect, postgresTime, type Sql } from '../../persistence/index.ts';
import { type Command, optionsOf, type Surroundings } from '../command.ts';
import { clocks, skewOf } from '../doctor/clocks.ts';
import { configuration } from '../doctor/configuration.ts';
import { error, type Finding, textOf } from '../doctor/finding.ts';
import { ledgerMonths, postgresServer, schema } from '../doctor/postgres.ts';
import { providers } from '../doctor/providers.ts';
import { absentMaster, redisServer } from '../doctor/redis.ts';
import { ringfence } from '../doctor/ringfence.ts';

const CLOSE_SECONDS = 5;

export const doctor: Command = {
  name: 'doctor',
  summary:
    'looks for faults of stores, settings and work, with the mend of each: exit 1 on an error',
  options: [['--json', 'prints one JSON object']],
  async run(args, { env, out }) {
    const options = optionsOf(args, { json: { type: 'boolean' } });
    const findings = await examine(env);
    out(options.json === true ? `${JSON.stringify({ findings })}\n` : textOf(findings));
    return findings.some((finding) => finding.severity === 'error') ? 1 : 0;
  },
};

/** Looks at whatever can be reached: a store that is away does not hide the faults of the other. */
async function examine(env: Surroundings['env']): Promise<Finding[]> {
  const { config, findings } = configuration(env);
  if (config === undefined) return findings;
  const redis = await createInspector(config.REDIS_URL).catch(() => undefined);
  const sql = connect(config.DATABASE_URL, { max: 2, applicationName: 'ringfence-command' });
  try {
    const postgres = await sql`SELECT 1`.then(
      () => sql,
      () => undefined,
    );
    findings.push(...(await redisFindings(redis)), ...(await postgresFindings(postgres)));
    findings.push(...clocks(await skews(redis, postgres)));
    if (postgres === undefined) return findings;
    const { usable, findings: ofSchema } = await schema(postgres);
    findings.push(...ofSchema);
    if (!usable) return findings;
    findings.push(...(await ledgerMonths(postgres, Date.now())));
    findings.push(...(await providers(postgres, config)));
    if (redis === undefined) return findings;
    findings.push(...(await ringfence(postgres, redis, config.RINGFENCE_PARTITIONS)));
    return findings;
  } finally {
    redis?.stop();
    await sql.end({ timeout: CLOSE_SECONDS });
  }
}

async function redisFindings(redis: Inspector | undefined): Promise<Finding[]> {
  if (redis !== undefined) {
    const found = await Promise.all(redis.nodes.map(redisServer));
    return [...redis.absent.map(absentMaster), ...found.flat()];
  }
  return [error('redis', 'it does not answer at REDIS_URL', 'start it, or correct REDIS_URL')];
}

async function postgresFindings(sql: Sql | undefined): Promise<Finding[]> {
  if (sql !== undefined) return postgresServer(sql);
  const mend = 'start it, or correct DATABASE_URL';
  return [error('postgres', 'it does not answer at DATABASE_URL', mend)];
}

async function skews(redis: Inspector | undefined, sql: Sql | undefined) {
  const skews = new Map<string, number>();
  for (const node of redis?.nodes ?? []) {
    skews.set(`redis ${node.name}`.trim(), await skewOf(() => node.time(), Date.now));
  }
  if (sql) skews.set('postgres', await skewOf(() => postgresTime(sql), Date.now));
  return Object.fromEntries(skews);
}
