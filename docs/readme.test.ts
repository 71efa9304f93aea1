/** README.md as a test: its calls are made, its answers compared, its table read against the code. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { environmentSchema } from '../api/config-schema.ts';
import { main, type Running } from '../api/main.ts';
import { main as cli } from '../cli/main.ts';
import { isTest, sourceFiles } from '../scripts/source-files.mjs';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../testing/services.ts';
import { document, fences } from './test/markdown.ts';
import { type Call, curlCall, send } from './test/shell-calls.ts';

const readme = document('README.md');
const ID = /^(ent|wal|hold|org)_[0-9a-z]+$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What an answer must contain: the figures as they are written, ids and times by their form. */
function pattern(shown: unknown): unknown {
  if (typeof shown === 'string') {
    const id = ID.exec(shown);
    if (id) return expect.stringMatching(new RegExp(`^${id[1]}_[0-9a-z]{26,27}$`));
    return TIME.test(shown) ? expect.stringMatching(TIME) : shown;
  }
  if (Array.isArray(shown)) return shown.map(pattern);
  if (typeof shown !== 'object' || shown === null) return shown;
  const fields = Object.entries(shown).map(([name, value]) => [name, pattern(value)]);
  return expect.objectContaining(Object.fromEntries(fields));
}

interface Step {
  readonly script: string;
  readonly status: number;
  readonly answer: unknown;
}

/** Each curl call with the answer below it and the status said above it. */
function steps(): Step[] {
  const blocks = fences(readme);
  return blocks.flatMap((block, i) => {
    if (block.language !== 'sh' || !block.text.startsWith('curl')) return [];
    const answer = blocks[i + 1];
    expect(answer?.language, 'an answer below each call').toBe('json');
    const status = Number(/`(\d{3})`/.exec(block.before)?.[1]);
    return [{ script: block.text, status, answer: JSON.parse(answer?.text ?? '') }];
  });
}

describe('the first screen', () => {
  let redis: TestRedis;
  let database: TestDatabase;
  let dataDir: string;
  let running: Running;
  let variables: Record<string, string>;
  let printed = '';

  beforeAll(async () => {
    [redis, database] = await Promise.all([testRedis(), testDatabase()]);
    dataDir = mkdtempSync(join(tmpdir(), 'ringfence-readme-'));
    const env = {
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      RINGFENCE_DATA_DIR: dataDir,
      RINGFENCE_DEV: '1',
      RINGFENCE_LOG_LEVEL: 'silent',
      RINGFENCE_LEDGER_WAIT_MS: '60000',
      PORT: '0',
    };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    printed = await captured(async () => {
      running = await main();
    });
    const demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'));
    const KEY = readFileSync(join(dataDir, 'admin-key'), 'utf8').trim();
    variables = { URL: running.url, KEY, WALLET: demo.walletId, ORG: demo.organizationId };
  });
  afterAll(async () => {
    await running?.stop();
    await redis?.stop();
    await database?.drop();
    rmSync(dataDir, { recursive: true, force: true });
    vi.unstubAllEnvs();
  });

  async function captured(work: () => Promise<unknown>): Promise<string> {
    let text = '';
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
      text += String(piece);
      return true;
    });
    try {
      await work();
    } finally {
      spy.mockRestore();
    }
    return text;
  }

  test('npm start prints the same three calls, filled in', () => {
    const scripts = printed.split(/\n\n/).filter((part) => part.trim().startsWith('curl'));
    const plain = ({ url, method, headers, body }: Call) => {
      const { 'Idempotency-Key': key, ...rest } = headers;
      const { call_id: id, ...fields } = JSON.parse(body ?? '{}');
      return { url, method, rest, fields, named: [key !== undefined, id !== undefined] };
    };
    const shown = steps().map(({ script }) => plain(curlCall(script, variables)));
    expect(shown).toHaveLength(3);
    expect(scripts.map((script) => plain(curlCall(script, {})))).toEqual(shown);
  });

  test('its calls have the answers it shows', async () => {
    for (const { script, status, answer } of steps()) {
      const got = await send(curlCall(script, variables));
      expect(got).toEqual({ status, body: pattern(answer) });
    }
  });

  test('then verify prints 0 differences and exits 0', async () => {
    expect(readme.text).toContain('npm run ringfence -- verify');
    let code: number | undefined;
    const text = await captured(async () => {
      code = await cli(['verify']);
    });
    expect([code, text]).toEqual([0, expect.stringContaining('0 differences')]);
  });
});

describe('the table of variables', () => {
  const rows = [...readme.text.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]*)` )?\|/gm)];
  const shown = Object.fromEntries(rows.map((row) => [row[1], row[2]]));

  test('has every variable with its default, and no other', () => {
    const fields = Object.entries(environmentSchema.shape).map(([name, schema]) => {
      const parsed = schema.safeParse(undefined);
      const value = parsed.success ? parsed.data : undefined;
      return [name, value === undefined ? undefined : String(value)];
    });
    expect(shown).toEqual(Object.fromEntries(fields));
  });

  test('says of exactly those that nothing reads that they are not used yet', () => {
    const code = sourceFiles(['.ts'], 'api').filter(({ name }) => !isTest(name));
    const isRead = (name: string) => code.some(({ text }) => text.includes(`config.${name}`));
    const unused = [...readme.text.matchAll(/^\| `([A-Z_]+)` .* not used yet \|$/gm)];
    const unread = Object.keys(environmentSchema.shape).filter((name) => !isRead(name));
    expect(unused.map((row) => row[1]).sort()).toEqual(unread.sort());
  });
});
