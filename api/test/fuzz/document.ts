import type { TestApplication } from '../application.ts';
import type { Components, Schema } from './values.ts';

/** One operation of the OpenAPI document, as far as the fuzz reads it. */
export interface Operation {
  /** `METHOD /path/{template}`. */
  route: string;
  method: string;
  path: string;
  /** Takes an API key. */
  keyed: boolean;
  body: Schema | undefined;
  query: string[];
}

interface RawOperation {
  security?: unknown[];
  parameters?: { in: string; name: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

/** The operations of `/openapi.json`, and the schemas they refer to. */
export async function readDocument(
  app: TestApplication,
): Promise<{ operations: Operation[]; components: Components }> {
  const { body } = await app.request('GET', '/openapi.json');
  const paths = body.paths as Record<string, Record<string, RawOperation>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, raw]) => {
      const method = name.toUpperCase();
      return {
        route: `${method} ${path}`,
        method,
        path,
        keyed: raw.security !== undefined,
        body: raw.requestBody?.content['application/json']?.schema,
        query: (raw.parameters ?? []).filter((one) => one.in === 'query').map((one) => one.name),
      };
    }),
  );
  const { schemas } = body.components as { schemas: Components };
  return { operations, components: schemas };
}
