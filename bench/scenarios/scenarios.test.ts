import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SCENARIOS } from '../k6/scenarios.js';
import { OWN_TREE } from '../run.ts';
import { playScenario } from './generator.ts';
import { k6Arguments } from './k6.ts';
import { runScenarios, SCENARIO_NAMES } from './run.ts';

const RUN_MS = 300_000;

test('the scripts that k6 runs are type-checked', { timeout: RUN_MS }, () => {
  const tsc = path.join(OWN_TREE, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', path.join(OWN_TREE, 'bench', 'k6'), '--noEmit'];
  expect(() => execFileSync(process.execPath, args, { encoding: 'utf8' })).not.toThrow();
});

test('every scenario has a script, and states its thresholds', () => {
  for (const { name, thresholds, stages } of SCENARIOS) {
    const args = k6Arguments(name, 'world.json', { seconds: 1, rate: 1 });
    expect(args.at(-1)).toContain(`k6/${name}.js`);
    expect(thresholds.p95Ms).toBeLessThanOrEqual(thresholds.p99Ms);
    expect(stages.length).toBeGreaterThan(0);
  }
});

test('each scenario is played against a real Ringfence, and no request fails', {
  timeout: RUN_MS,
}, async () => {
  const lines: string[] = [];
  await runScenarios({ form: 'smoke', names: SCENARIO_NAMES, k6: false }, (text) => {
    lines.push(text);
  });
  const text = lines.join('');
  for (const name of SCENARIO_NAMES) expect(text).toContain(` ${name}: `);
  expect(text.match(/ 0 failed/g)).toHaveLength(SCENARIO_NAMES.length);
});

test('an answer that is not expected, and one that is late, cross the thresholds', async () => {
  const server = createServer((_request, response) => {
    const answer = () => response.writeHead(402, { 'content-length': 2 }).end('{}');
    setTimeout(answer, 30);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const [first] = SCENARIOS;
  if (first === undefined) throw new Error('no scenarios');
  const strict = { ...first, thresholds: { p95Ms: 10, p99Ms: 10, failedShare: 0.5 } };
  const world = {
    baseUrl: `http://127.0.0.1:${port}`,
    run: 'r',
    vapiSecret: '',
    tenants: [{ organizationId: '', key: 'k' }],
  };
  const played = await playScenario(strict, world, { seconds: 0.01, rate: 0.05 });
  expect(played.failed).toBe(played.requests);
  expect(played.crossed).toHaveLength(3);
  expect(played.complaint).toContain('/v1/calls: 402');
  server.closeAllConnections();
});
