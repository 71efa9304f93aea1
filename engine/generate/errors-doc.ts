// docs/ERRORS.md: every error code, for people. The anchors are the codes that answers link to.

import { ERRORS, type ErrorFamily, type ErrorSpec } from '../errors.ts';

const FAMILIES: Readonly<Record<ErrorFamily, string>> = {
  refusal:
    'The engine said no and this request moved no money. An `Idempotency-Key` remembers its refusal.',
  request: 'The caller has to change something: the request, the key, or the pace.',
  outage: 'Trouble of ours that passes: 503 with `Retry-After`. Try again under the same key.',
  bug: 'A fault of ours. The log has it under the `request_id` of the answer.',
};

export function emitErrorsDoc(): string {
  const codes = Object.entries<ErrorSpec>(ERRORS);
  const families = Object.entries(FAMILIES).map(([family, meaning]) => {
    const links = codes
      .filter(([, spec]) => spec.family === family)
      .map(([code]) => `[\`${code}\`](#${code})`);
    return `- **${family}**: ${meaning}\n  ${links.join(', ')}`;
  });
  return `# Error codes

Generated from \`engine/errors.ts\` by \`npm run generate\`; \`npm test\` fails when it is not fresh.

Every error answer has this body; \`param\` and \`details\` are there when they apply:

\`\`\`json
{ "error": { "type": "refusal", "code": "insufficient_funds", "message": "...", "param": "...",
    "request_id": "req_...", "docs": "/docs/errors#insufficient_funds", "details": {} } }
\`\`\`

The code decides the HTTP status.

${families.join('\n')}

${codes.map(section).join('\n')}`;
}

function section([code, spec]: [string, ErrorSpec]): string {
  return `## ${code}

${spec.meaning}

- Family: ${spec.family}
- HTTP: ${spec.http}
- Try again unchanged: ${spec.retryable ? 'yes' : 'no'}
`;
}
