import { OpenAPIHono } from '@hono/zod-openapi';
import { documentationPages } from './documentation/pages.ts';
import type { Endpoint } from './http/endpoint.ts';
import { mount } from './http/mount.ts';
import { document } from './http/openapi.ts';
import type { ServeContext } from './http/serve.ts';

/** The whole HTTP application, without a socket: tests call `app.request`. */
export function createApp(endpoints: readonly Endpoint[], context: ServeContext): OpenAPIHono {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key. The first platform key comes from RINGFENCE_ADMIN_KEY.',
  });
  for (const endpoint of endpoints) document(app, endpoint);
  mount(app, [...endpoints, ...documentationPages(app)], context);
  return app;
}
