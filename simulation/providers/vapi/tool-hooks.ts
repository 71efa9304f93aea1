import { z } from 'zod';
import type { Vapi, VapiCall } from './call.ts';
import { sendMessage } from './messages.ts';
import type { Hook } from './settings.ts';

/** How long a sentence takes to be said, simulated ms. */
export function speechMs(sentence: string): number {
  return 1_000 + Math.min(30_000, sentence.length * 60);
}

const answerSchema = z.looseObject({
  results: z
    .array(
      z.looseObject({
        message: z
          .looseObject({
            role: z.string().optional(),
            content: z.string().optional(),
            endCallAfterSpokenEnabled: z.boolean().optional(),
          })
          .optional(),
      }),
    )
    .max(64),
});

/** Runs the `call.timeElapsed` hooks: each one once, that many seconds after the answer. */
export function scheduleHooks(vapi: Vapi, call: VapiCall): void {
  const { startedAtMs, settings } = call;
  if (startedAtMs === undefined) return;
  for (const hook of settings.hooks) {
    const seconds = hook.options?.seconds;
    if (hook.on !== 'call.timeElapsed' || seconds === undefined) continue;
    vapi.exchange.line.at(call, startedAtMs + seconds * 1_000, () => {
      for (const action of hook.do) void run(vapi, call, action);
    });
  }
}

async function run(vapi: Vapi, call: VapiCall, action: Hook['do'][number]): Promise<void> {
  const { tool } = action;
  if (action.type !== 'tool' || tool === undefined) return;
  if (tool.type === 'endCall') {
    vapi.exchange.line.end(call, 'assistant');
    return;
  }
  const named = z.looseObject({ name: z.string() }).safeParse(tool.function);
  const toolCall = {
    id: `call_${call.dice.hex(16)}`,
    type: 'function',
    function: { name: named.success ? named.data.name : 'unnamed', arguments: {} },
  };
  const answer = await sendMessage(
    vapi,
    call,
    {
      type: 'tool-calls',
      toolCalls: [toolCall],
      toolCallList: [toolCall],
      toolWithToolCallList: [{ ...tool, toolCall }],
      artifact: { messages: [] },
    },
    tool.server?.url ?? call.settings.serverUrl,
  );
  obey(vapi, call, answer);
}

function obey(vapi: Vapi, call: VapiCall, answer: unknown): void {
  const { exchange, options } = vapi;
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success || !(options.toolAnswerEndsCall ?? true) || call.phase !== 'live') return;
  const last = parsed.data.results.find(({ message }) => message?.endCallAfterSpokenEnabled);
  // A message of the system role is not spoken, and so does not end the call.
  if (!last?.message || last.message.role === 'system') return;
  const overAtMs = exchange.clock.now() + speechMs(last.message.content ?? '');
  exchange.line.at(call, overAtMs, (atMs) => exchange.line.end(call, 'said', atMs));
}
