import type { Retell, RetellCall } from './call.ts';
import { callObject, isAnalyzed, listedCall } from './call-object.ts';
import { signedHeaders } from './signature.ts';

/** Simulated ms before each of the three further attempts. */
export const RETRY_DELAYS_MS = [1_000, 5_000, 15_000] as const;
export const CALL_INBOUND_TIMEOUT_MS = 10_000;
const FUNCTION_TIMEOUT_MS = 120_000;

const TRANSFER = {
  transfer_destination: { number: '+14155550111' },
  transfer_option: { type: 'cold_transfer' },
};

/** Sends an event about a call, if its agent wants it. */
export function sendEvent(retell: Retell, call: RetellCall, event: string): void {
  const { settings } = call;
  if (settings.webhookUrl === undefined || !settings.events.has(event)) return;
  // Only ended calls have been transcribed; the analysis is only in its own event.
  // A timer that fires late must not make the end of a call tell of what comes after it.
  const analyzed = event !== 'call_ended' && isAnalyzed(retell, call);
  const { call_analysis: analysis, ...withoutAnalysis } = callObject(retell, call, analyzed);
  const over = call.phase === 'ended' || event === 'transcript_updated';
  const body = JSON.stringify({
    event,
    event_timestamp: retell.exchange.clock.now(),
    call: {
      ...(over ? withoutAnalysis : listedCall(retell, call, analyzed)),
      ...(event === 'call_analyzed' ? { call_analysis: analysis } : {}),
    },
    ...(event.startsWith('transfer_') ? TRANSFER : {}),
    ...(event === 'transcript_updated' ? { transcript_with_tool_calls: [] } : {}),
  });
  void retell.exchange.send(call, {
    event,
    url: settings.webhookUrl,
    body,
    headers: (wallMs) => signedHeaders(body, retell.options.apiKey, wallMs),
    timeoutMs: settings.webhookTimeoutMs,
    retryDelaysMs: RETRY_DELAYS_MS,
  });
}

/** Lets the agent call its custom function, now and again until the call ends. */
export function scheduleFunction(retell: Retell, call: RetellCall): void {
  const { functionCalls } = call.script;
  const { exchange, options } = retell;
  const url = options.functionUrl ?? call.settings.webhookUrl;
  if (functionCalls === undefined || url === undefined) return;
  exchange.line.at(call, exchange.clock.now() + functionCalls.everyMs, () => {
    const request = { name: functionCalls.name, call: callObject(retell, call), args: {} };
    const body = JSON.stringify(request);
    void exchange
      .send(call, {
        event: `function ${functionCalls.name}`,
        url,
        body,
        headers: (wallMs) => signedHeaders(body, options.apiKey, wallMs),
        timeoutMs: FUNCTION_TIMEOUT_MS,
        retryDelaysMs: RETRY_DELAYS_MS.slice(0, 2),
      })
      .then((answer) => {
        const obeys = options.functionAnswerEndsCall ?? true;
        if (obeys && answer && saysEnd(answer.body)) exchange.line.end(call, 'assistant');
      });
    scheduleFunction(retell, call);
  });
}

/** A well-prompted agent: it hangs up when it is told to. */
function saysEnd(text: string): boolean {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null && 'endCall' in answer
      ? answer.endCall === true
      : false;
  } catch {
    return false;
  }
}
