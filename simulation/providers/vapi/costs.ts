/** US dollars per minute in ten-thousandths, so that every figure is exact with four decimals. */
const RATES = { transport: 140, transcriber: 100, model: 48, voice: 160, vapi: 500 } as const;
const ANALYSIS = 10;
const UNIT_MICROS = 100;

/** What Vapi charges for a call of this duration, with its parts. Money in US dollars. */
export function vapiCosts(durationMs: number) {
  const units = (rate: number) => Math.round((rate * durationMs) / 60_000);
  const parts = {
    transport: units(RATES.transport),
    transcriber: units(RATES.transcriber),
    model: units(RATES.model),
    voice: units(RATES.voice),
    vapi: units(RATES.vapi),
    analysis: durationMs > 0 ? ANALYSIS : 0,
  };
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  const dollars = (part: number) => part / 10_000;
  const minutes = Math.round((durationMs / 60_000) * 10_000) / 10_000;
  const costs = [
    { type: 'transport', provider: 'twilio', minutes, cost: dollars(parts.transport) },
    {
      type: 'transcriber',
      transcriber: { provider: 'deepgram', model: 'nova-3' },
      minutes,
      cost: dollars(parts.transcriber),
    },
    {
      type: 'model',
      model: { provider: 'openai', model: 'gpt-4o' },
      promptTokens: Math.round(minutes * 2_000),
      completionTokens: Math.round(minutes * 90),
      cost: dollars(parts.model),
    },
    {
      type: 'voice',
      voice: { provider: '11labs', voiceId: 'sarah' },
      characters: Math.round(minutes * 320),
      cost: dollars(parts.voice),
    },
    { type: 'vapi', subType: 'normal', minutes, cost: dollars(parts.vapi) },
    {
      type: 'analysis',
      analysisType: 'summary',
      model: { provider: 'google', model: 'gemini-2.5-flash' },
      promptTokens: 1_480,
      completionTokens: 61,
      cost: dollars(parts.analysis),
    },
  ];
  return {
    costMicros: total * UNIT_MICROS,
    cost: dollars(total),
    costs: total === 0 ? [] : costs,
    costBreakdown: {
      transport: dollars(parts.transport),
      stt: dollars(parts.transcriber),
      llm: dollars(parts.model),
      tts: dollars(parts.voice),
      vapi: dollars(parts.vapi),
      chat: 0,
      total: dollars(total),
    },
  };
}
