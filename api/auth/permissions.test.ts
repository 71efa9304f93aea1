import { describe, expect, test } from 'vitest';
import { type Action, decide } from './permissions.ts';
import type { Principal } from './principal.ts';

const isDescendant = async (ancestorId: string, id: string) =>
  ancestorId === 'org_agency' && id === 'org_client';

const principals: Record<string, Principal> = {
  platform: { role: 'platform', organizationId: null, keyId: 'key_1' },
  agency: { role: 'agency', organizationId: 'org_agency', keyId: 'key_2' },
  client: { role: 'organization', organizationId: 'org_client', keyId: 'key_3' },
  'organization key of the agency': {
    role: 'organization',
    organizationId: 'org_agency',
    keyId: 'key_4',
  },
  'finance of the platform': { role: 'finance', organizationId: null, keyId: 'key_5' },
  'finance of the agency': { role: 'finance', organizationId: 'org_agency', keyId: 'key_6' },
};

const y = 'allowed';
const n = 'forbidden';
const u = 'not_found';
/** Columns: read, operate, manage, treasury. */
const rows: [string, string, string[]][] = [
  ['platform', 'org_agency', [y, y, y, y]],
  ['platform', 'org_other', [y, y, y, y]],
  ['agency', 'org_agency', [y, y, n, n]],
  ['agency', 'org_client', [y, n, y, n]],
  ['agency', 'org_other', [u, u, u, u]],
  ['client', 'org_client', [y, y, n, n]],
  ['client', 'org_agency', [u, u, u, u]],
  ['client', 'org_other', [u, u, u, u]],
  ['organization key of the agency', 'org_agency', [y, y, n, n]],
  ['organization key of the agency', 'org_client', [u, u, u, u]],
  ['finance of the platform', 'org_other', [y, n, n, n]],
  ['finance of the agency', 'org_agency', [y, n, n, n]],
  ['finance of the agency', 'org_client', [y, n, n, n]],
  ['finance of the agency', 'org_other', [u, u, u, u]],
];

describe('decide', () => {
  test.each(rows)('%s on %s: read, operate, manage, treasury = %j', async (who, on, expected) => {
    const principal = principals[who];
    if (principal === undefined) throw new Error(`no such principal: ${who}`);
    const actions: Action[] = ['read', 'operate', 'manage', 'treasury'];
    const decisions = [];
    for (const action of actions) decisions.push(await decide(principal, action, on, isDescendant));
    expect(decisions).toEqual(expected);
  });
});
