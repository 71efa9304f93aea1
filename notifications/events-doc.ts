/** docs/EVENTS.md: every type of event with the schema of its data, for people and receivers. */
import { z } from 'zod';
import { EVENT_TYPES, EVENTS, type EventType, ON_DEMAND } from './catalogue.ts';

interface Property {
  description?: string;
  type?: string;
  enum?: string[];
  items?: Property & { properties?: Record<string, Property>; required?: string[] };
}

interface ObjectSchema {
  properties?: Record<string, Property>;
  required?: string[];
}

export function eventsDoc(): string {
  const index = EVENT_TYPES.map((type) => `| ${link(type)} | ${EVENTS[type].meaning} |`);
  return `# Events

Generated from \`notifications/catalogue\` by \`npm run generate\`; \`npm test\` fails when it is not fresh.
How they travel, in which order and how they are signed: [NOTIFICATIONS.md](NOTIFICATIONS.md).

Every event is posted as

\`\`\`json
{ "type": "wallet.low_balance", "timestamp": "2026-11-28T12:00:00.000Z", "organization_id": "org_...",
  "data": { "wallet_id": "wal_...", "available_micros": 4200000 } }
\`\`\`

with \`timestamp\` when it happened, and \`organization_id\` whom it is about (null: the platform). Fields may be
added to \`data\`; none is taken away. Times are RFC 3339 in UTC, money is in millionths of the currency's unit.

| type | meaning |
|---|---|
${index.join('\n')}

${EVENT_TYPES.map(section).join('\n')}`;
}

function link(type: EventType): string {
  return `[\`${type}\`](#${type.replaceAll('.', '')})`;
}

function section(type: EventType): string {
  const spec = EVENTS[type];
  const notes = [
    ...(ON_DEMAND.has(type) ? ['Written only while an enabled endpoint wants it.'] : []),
  ];
  const schema = z.toJSONSchema(spec.data) as ObjectSchema;
  return `## ${type}

${[spec.meaning, ...notes].join(' ')}

| field | type | |
|---|---|---|
${rows(schema, '').join('\n')}
`;
}

function rows({ properties = {}, required = [] }: ObjectSchema, prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const optional = required.includes(name) ? '' : ', may be absent';
    const row = `| \`${prefix}${name}\` | ${typeOf(property)}${optional} | ${property.description ?? ''} |`;
    const inner = property.items?.properties ? rows(property.items, `${prefix}${name}[].`) : [];
    return [row, ...inner];
  });
}

function typeOf({ type, enum: values, items }: Property): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  if (type === 'array') return `list of ${items?.type ?? 'value'}s`;
  return type ?? 'any';
}
