/** The curl calls of a document, read by a real shell and sent by fetch, so that curl need not exist. */
import { spawnSync } from 'node:child_process';

export interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

/** What `curl` would have been given: the shell itself does the quoting and the variables. */
export function curlCall(script: string, variables: Record<string, string>): Call {
  const shell = spawnSync('sh', ['-eu'], {
    input: `curl() { printf '%s\\0' "$@"; }\n${script}`,
    env: { PATH: process.env.PATH, ...variables },
    encoding: 'utf8',
  });
  if (shell.status !== 0) throw new Error(`sh refused the call: ${shell.stderr}`);
  const words = shell.stdout.split('\0').slice(0, -1);
  const urls: string[] = [];
  const headers: Record<string, string> = {};
  let body: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '-H') {
      const [name = '', ...value] = (words[++i] ?? '').split(':');
      headers[name] = value.join(':').trim();
    } else if (word === '-d') body = words[++i];
    else if (word !== '-sS') urls.push(word);
  }
  const [url, ...more] = urls;
  if (url === undefined || more.length > 0) throw new Error(`not one call: ${words.join(' ')}`);
  return { url, method: body === undefined ? 'GET' : 'POST', headers, body };
}

export async function send(call: Call): Promise<{ status: number; body: unknown }> {
  const { url, method, headers, body } = call;
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  return { status: response.status, body: await response.json() };
}
