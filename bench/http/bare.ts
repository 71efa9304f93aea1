/**
 * A bare Hono POST: it reads its body as JSON and answers a JSON of the size that ours answers, and
 * does nothing else. What a route on this server costs before it does anything.
 */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

export const BARE_ROUTES = ['authorize', 'check', 'end'] as const;
export type BareRoute = (typeof BARE_ROUTES)[number];

/** `PUT /<route>` tells what `POST /<route>` answers. @returns where it listens */
export function startBare(): Promise<string> {
  const app = new Hono();
  for (const route of BARE_ROUTES) {
    let sample: object = {};
    app.put(`/${route}`, async (c) => {
      sample = await c.req.json<object>();
      return c.json({});
    });
    app.post(`/${route}`, async (c) => {
      await c.req.json();
      return c.json(sample);
    });
  }
  return new Promise((resolve) => {
    serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) =>
      resolve(`http://127.0.0.1:${port}`),
    );
  });
}
