// When to stop: a signal, or the end of the npm that started us. npm does not pass on a kill -9 of itself,
// and a server that nobody sees any more would keep its port and its data directory.

const PARENT_CHECK_MS = 500;
/** Ctrl-C reaches us twice, from the terminal and through npm: only a later signal means impatience. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Calls `stop` once at the first reason to stop, and `hurry` at each later signal.
 * @param {{ stop: () => void, hurry: () => void }} handlers
 */
export function onStopRequest({ stop, hurry }) {
  let askedAt = Number.POSITIVE_INFINITY;
  const ask = () => {
    const now = performance.now();
    if (askedAt === Number.POSITIVE_INFINITY) {
      askedAt = now;
      stop();
    } else if (now - askedAt > SAME_SIGNAL_MS) {
      hurry();
    }
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, ask);
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ask();
  }, PARENT_CHECK_MS);
  timer.unref();
}
