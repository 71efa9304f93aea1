import type { Surroundings } from './command.ts';

/** Shows how far a command is: a bar for a person, a line now and then for a log. */
export interface Progress {
  /** @param total what `done` goes up to; 0 when there is nothing to do */
  show(done: number, total: number, text: string): void;
  /** Takes the bar away. */
  end(): void;
}

const BAR_WIDTH = 30;
const DRAWN_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;

export function createProgress({ out, isTerminal }: Surroundings): Progress {
  const everyMs = isTerminal ? DRAWN_EVERY_MS : LINE_EVERY_MS;
  let drawnAt = isTerminal ? 0 : performance.now();
  let drawn = false;
  return {
    show(done, total, text) {
      if (performance.now() - drawnAt < everyMs) return;
      drawnAt = performance.now();
      const share = total > 0 ? Math.min(1, done / total) : 1;
      const percent = `${Math.floor(share * 100)} %`.padStart(5);
      if (!isTerminal) {
        out(`${percent.trimStart()}: ${text}\n`);
        return;
      }
      const filled = Math.round(share * BAR_WIDTH);
      out(`\r[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${percent}  ${text}\u001b[K`);
      drawn = true;
    },
    end() {
      if (drawn) out('\r\u001b[K');
    },
  };
}
