import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { type Endpoint, page } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { errorPage } from './error-page.ts';
import { referencePage } from './reference-page.ts';

/** The files of the reference page that are served, with their media types. Nothing else is. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** `script-src 'self'`: the page works offline and loads nothing from elsewhere. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** `/openapi.json` and the reference pages, all made from the code that answers. */
export function documentationPages(app: OpenAPIHono): Endpoint[] {
  const folder = createRequire(import.meta.url).resolve('swagger-ui-dist/package.json');
  let openapi: string | undefined;
  return [
    page({
      path: '/openapi.json',
      summary: 'The OpenAPI 3.1 document of this server.',
      handle: async () => {
        openapi ??= JSON.stringify(openapiDocument(app));
        return text(openapi, 'application/json');
      },
    }),
    page({
      path: '/docs',
      summary: 'The reference page.',
      handle: async () => text(referencePage(), 'text/html; charset=utf-8'),
    }),
    page({
      path: '/docs/errors',
      summary: 'Every error code, what it means and how to mend it.',
      handle: async () => text(errorPage(), 'text/html; charset=utf-8'),
    }),
    page({
      path: '/docs/reference.js',
      summary: 'Starts the reference page.',
      handle: async () => text(START_SCRIPT, 'text/javascript; charset=utf-8'),
    }),
    ...Object.entries(ASSETS).map(([name, type]) =>
      page({
        path: `/docs/${name}`,
        summary: 'A file of the reference page.',
        handle: async () => asset(folder.replace(/package\.json$/, name), type),
      }),
    ),
  ];
}

const START_SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
`;

function openapiDocument(app: OpenAPIHono) {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Ringfence',
      version: '0.1.0',
      description:
        'Keeps prepaid phone calls paid for. Money is an integer number of micros ' +
        "(1/1,000,000 of the wallet's currency unit) in fields named `*_micros`.",
    },
    servers: [{ url: '/' }],
  });
}

function text(body: string, contentType: string): Response {
  return new Response(body, { headers: headersFor(contentType) });
}

function asset(path: string, contentType: string): Response {
  try {
    return new Response(readFileSync(path), { headers: headersFor(contentType) });
  } catch (cause) {
    throw new Problem('not_found', 'The reference page is not installed.', { cause });
  }
}

function headersFor(contentType: string): Record<string, string> {
  return {
    'content-type': contentType,
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}
