import { routesOf } from '../compose/application.ts';
import type { TestApplication } from './application.ts';

/** `METHOD /path` of every route that takes an API key. */
export function keyRoutes(app: TestApplication): string[] {
  return routesOf(app.core)
    .filter((endpoint) => endpoint.access === 'key')
    .map((endpoint) => `${endpoint.method.toUpperCase()} ${endpoint.path}`);
}
