import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventsDoc } from '../notifications/events-doc.ts';
import { ROOT } from '../scripts/install.mjs';

test('EVENTS.md is what the catalogue of events says; else run npm run generate', () => {
  expect(readFileSync(join(ROOT, 'docs/EVENTS.md'), 'utf8')).toBe(eventsDoc());
});
