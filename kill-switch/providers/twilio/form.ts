/** The form that Twilio posts: names to values, or to all values of a name that comes repeatedly. */
export type TwilioForm = Readonly<Record<string, string | readonly string[]>>;

/** Far more than a callback has; beyond it a body is nobody's callback. */
const FIELDS_MAX = 1_000;

/** Reads a form-encoded body. Undefined when it has more fields than any callback. */
export function readForm(body: string): TwilioForm | undefined {
  const pairs = [...new URLSearchParams(body)];
  if (pairs.length > FIELDS_MAX) return undefined;
  // A field may have any name, also one that objects inherit.
  const form: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of pairs) {
    const before = form[name];
    if (before === undefined) form[name] = value;
    else form[name] = [...(typeof before === 'string' ? [before] : before), value];
  }
  return form;
}
