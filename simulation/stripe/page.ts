/** A page of the simulator, for people: it says on every one that no money moves. */
export function page(
  title: string,
  body: string,
  buttons: readonly (readonly string[])[] = [],
  fault?: string,
): string {
  const form = buttons
    .map(([value = '', text = '']) => `<button name="outcome" value="${value}">${text}</button>`)
    .join(' ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width"><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:4rem auto;padding:0 1rem}
button{font:inherit;padding:.5rem 1rem;margin:.2rem 0}.fault{color:#b00020}</style></head>
<body><p><strong>Simulated Stripe: no money moves.</strong></p><h1>${escaped(title)}</h1>${body}
${fault === undefined ? '' : `<p class="fault" role="alert">${escaped(fault)}</p>`}
<form method="post">${form}</form></body></html>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
