const TURN_MS = 10;

/**
 * Counts this process' turns of 10 ms: what is waited for by the number of turns, and not by the clock, is
 * not late because the machine stood still.
 */
export function countTurns(): { stop(): number } {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, TURN_MS);
  return {
    stop() {
      clearInterval(timer);
      return turns;
    },
  };
}
