import fs from 'node:fs';
import { expect, test } from 'vitest';
import { twilioSignature } from './signature.ts';

interface Fixture {
  readonly url: string;
  readonly auth_token: string;
  readonly headers: { readonly 'x-twilio-signature': string };
  readonly params: Readonly<Record<string, string>>;
}

test.each(['voice-status.completed', 'voice-status.busy', 'sms-status.delivered'])(
  'signs %s as the recorded header says',
  (name) => {
    const file = new URL(`fixtures/${name}.json`, import.meta.url);
    const fixture = JSON.parse(fs.readFileSync(file, 'utf8')) as Fixture;
    const signature = twilioSignature(fixture.auth_token, fixture.url, fixture.params);
    expect(signature).toBe(fixture.headers['x-twilio-signature']);
    const altered = { ...fixture.params, To: '+14155550000' };
    expect(twilioSignature(fixture.auth_token, fixture.url, altered)).not.toBe(signature);
  },
);
