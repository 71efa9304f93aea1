// docs/LUA.md: the contract of every script and every packed layout, for people.

import type { Field, Header } from './header.ts';
import type { Layout } from './layouts.ts';

export function emitLuaDoc(headers: readonly Header[], layouts: readonly Layout[]): string {
  const scripts = headers.map(scriptSection).join('\n');
  const packed = layouts.map(layoutSection).join('\n');
  return `# Scripts and packed layouts

Generated from \`engine/lua\` by \`npm run generate\`; \`npm test\` fails when it is not fresh.
Replies are flat lists of strings with the status first, listed here in order of precedence.

## Scripts

${scripts}
## Packed layouts

Every value is a msgpack array; a field's place in it is its number here.

${packed}`;
}

function scriptSection(header: Header): string {
  const keys = [...header.keys.map((key) => `\`${key}\``)];
  if (header.keyGroup)
    keys.push(`per ${header.keyGroup.name}: \`${header.keyGroup.keys.join('`, `')}\``);
  const args = header.args.map(fieldText);
  if (header.argGroup) {
    args.push(`per ${header.argGroup.name}: ${header.argGroup.fields.map(fieldText).join(', ')}`);
  }
  const replies = header.replies.map((reply) => {
    const fields = reply.fields.map(fieldText).join(', ');
    return `  1. \`${reply.status}\`${fields ? `: ${fields}` : ''}`;
  });
  return `### ${header.verb}

${header.purpose} ${header.why}

- Keys: ${keys.join(', ')}
- Arguments: ${args.join(', ') || 'none'}
- Returns:
${replies.join('\n')}
- Emits: ${header.emits}
- Upholds: ${header.upholds.join(', ')}
`;
}

function fieldText(field: Field): string {
  return `\`${field.name}\` ${field.type}`;
}

function layoutSection(layout: Layout): string {
  const rows = layout.fields.map((f, i) => `| ${i + 1} | \`${f.name}\` | ${f.type} | ${f.doc} |`);
  return `### ${layout.name}

| | field | type | meaning |
|---|---|---|---|
${rows.join('\n')}
`;
}
