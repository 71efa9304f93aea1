/** The scenarios of bench/k6 against a fresh Ringfence: one API process, its flusher beside it. */
import fs from 'node:fs';
import path from 'node:path';
import { startPostgres } from '../../scripts/postgres-server.mjs';
import { startApi, VAPI_SECRET } from '../http/server.ts';
import { makeTenants, platformAt } from '../http/tenants.ts';
import type { World } from '../k6/scenario.js';
import { SCENARIOS } from '../k6/scenarios.js';
import { endResting, freshDirectory } from '../processes.ts';
import { runningFlusher } from '../stage/flusher.ts';
import { openStage } from '../stage/stage.ts';
import { type Form, SIZES } from '../workload.ts';
import { type Played, playScenario, type Scale } from './generator.ts';
import { k6Version, playWithK6 } from './k6.ts';

export interface ScenarioOptions {
  readonly form: Form;
  /** By name, in this order. */
  readonly names: readonly string[];
  /** false: our own generator even where k6 is installed. */
  readonly k6: boolean;
}

const SCALES: Readonly<Record<Form, Scale>> = {
  full: { seconds: 1, rate: 1 },
  quick: { seconds: 0.2, rate: 1 },
  smoke: { seconds: 0.01, rate: 0.1 },
};
/** A look at the soak is still longer than the rest. */
const SOAK_SECONDS: Readonly<Record<Form, number>> = { full: 1, quick: 0.01, smoke: 0.001 };

export const SCENARIO_NAMES: readonly string[] = SCENARIOS.map(({ name }) => name);
/** Those that take less than a minute. */
export const SHORT_SCENARIOS: readonly string[] = SCENARIO_NAMES.filter((name) => name !== 'soak');

/**
 * @param out gets the report
 * @returns whether every scenario kept its thresholds
 */
export async function runScenarios(
  { form, names, k6 }: ScenarioOptions,
  out: (text: string) => void,
): Promise<boolean> {
  const dir = freshDirectory();
  const postgres = await startPostgres({ dir: path.join(dir, 'postgres') });
  const round = { size: SIZES[form], index: 0, postgresUrl: postgres.url, dir };
  const stage = await openStage(round);
  const flusher = await runningFlusher(stage);
  const api = await startApi(stage, dir);
  const version = k6 ? k6Version() : undefined;
  out(`played by ${version ?? 'our own generator (k6 is not used)'}\n`);
  try {
    const tenants = await makeTenants(platformAt(api.url), round.size.tenants);
    let kept = true;
    for (const scenario of SCENARIOS.filter(({ name }) => names.includes(name))) {
      const seconds = scenario.name === 'soak' ? SOAK_SECONDS[form] : SCALES[form].seconds;
      const scale = { ...SCALES[form], seconds };
      const world: World = {
        baseUrl: api.url,
        run: `r${Date.now().toString(36)}`,
        vapiSecret: VAPI_SECRET,
        tenants,
      };
      if (version === undefined) {
        const played = await playScenario(scenario, world, scale);
        out(playedText(played, scenario.about));
        kept &&= played.crossed.length === 0;
      } else {
        kept = (await playWithK6(scenario.name, world, scale, dir)) && kept;
      }
    }
    return kept;
  } finally {
    await api.stop();
    await flusher.end();
    await stage.stop();
    await endResting();
    await postgres.stop();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

function playedText({ name, requests, failed, perSecond, ...played }: Played, about: string) {
  const { request, iteration, crossed, complaint } = played;
  const ms = (value: number) => value.toFixed(1);
  return [
    `${crossed.length === 0 ? 'kept   ' : 'CROSSED'} ${name}: ${about}`,
    `        ${requests} requests, ${failed} failed, ${Math.round(perSecond)}/s`,
    `        request p50 ${ms(request.p50)}, p95 ${ms(request.p95)}, p99 ${ms(request.p99)}, p99.9 ${ms(request.p999)} ms`,
    `        whole iteration, from when it was due: p50 ${ms(iteration.p50)}, p99 ${ms(iteration.p99)} ms`,
    ...crossed.map((one) => `        ${one}`),
    ...(complaint === undefined ? [] : [`        ${complaint}`]),
    '',
  ].join('\n');
}
