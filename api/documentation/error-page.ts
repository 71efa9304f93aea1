import { ERRORS } from '../../engine/index.ts';

/** One row for each error code; the `docs` link of an error body points at its row. */
export function errorPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, spec]) => `<tr id="${code}"><td><code>${code}</code></td><td>${spec.http}</td>
<td>${spec.family}</td><td>${spec.retryable ? 'yes' : 'no'}</td><td>${escaped(spec.meaning)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Ringfence error codes</title>
    <style>
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
      td, th { border-bottom: 1px solid #ddd; padding: .4rem .6rem; text-align: left; vertical-align: top }
      tr:target { background: #fff4c2 }
    </style>
  </head>
  <body>
    <h1>Error codes</h1>
    <table>
      <thead><tr><th>code</th><th>HTTP</th><th>family</th><th>try again</th><th>meaning</th></tr></thead>
      <tbody>${rows.join('\n')}</tbody>
    </table>
  </body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
