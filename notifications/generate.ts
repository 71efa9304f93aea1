// `npm run generate`: the catalogue of events -> docs/EVENTS.md. A test compares them.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { eventsDoc } from './events-doc.ts';

writeFileSync(resolve(import.meta.dirname, '../docs/EVENTS.md'), eventsDoc());
