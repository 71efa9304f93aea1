// A worker of `npm start -- --workers N`: started by the primary (api/cluster/primary.ts), in which everything
// is installed and the databases run.

import { register } from 'tsx/esm/api';

register();
const { work } = await import(new URL('../api/cluster/worker.ts', import.meta.url).href);
work();
