import { apiRoutes, servicesOf } from '../compose/application.ts';
import type { TestApplication } from './application.ts';

/** `METHOD /path` of every route that takes an API key. */
export function keyRoutes(app: TestApplication): string[] {
  return apiRoutes(servicesOf(app.core))
    .filter((endpoint) => endpoint.access === 'key')
    .map((endpoint) => `${endpoint.method.toUpperCase()} ${endpoint.path}`);
}
