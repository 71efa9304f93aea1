/** d. The flusher: rows a second against bare COPY, lag, and catching up after an outage. */
import type { Figure } from '../figures.ts';
import type { Round } from '../measurement.ts';
import { lags } from './lag.ts';
import { outage } from './outage.ts';
import { throughput } from './throughput.ts';

export async function measureFlusher(round: Round): Promise<Figure[]> {
  const figures = [...(await throughput(round)), ...(await lags(round))];
  // An outage takes a minute and varies little: once is enough.
  return round.index === 0 ? [...figures, ...(await outage(round))] : figures;
}
