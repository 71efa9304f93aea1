import { describe, expect, test } from 'vitest';
import { isPrivateAddress, localLookup, publicLookup, safeTarget } from './address-guard.ts';
import { exchange, NoAnswer } from './exchange.ts';

describe('where a control order may go', () => {
  test.each([
    ['https://phone-call-websocket.vapi.ai/1/control'],
    ['https://8.8.8.8/control'],
    ['https://[2001:4860:4860::8888]/control'],
  ])('%s', (url) => {
    expect(safeTarget(url, false)?.lookup).toBe(publicLookup);
  });

  test.each([
    ['http://phone-call-websocket.vapi.ai/1/control'],
    ['http://127.0.0.1:9000/control'],
    ['https://127.0.0.1/control'],
    ['https://2130706433/control'],
    ['https://0x7f.1/control'],
    ['https://10.0.0.7/control'],
    ['https://169.254.169.254/latest/meta-data'],
    ['https://192.168.1.1/control'],
    ['https://172.20.0.2/control'],
    ['https://[::1]/control'],
    ['https://[::ffff:10.0.0.1]/control'],
    ['https://[fd00::1]/control'],
    ['https://[fe80::1]/control'],
    ['https://[64:ff9b::a00:1]/control'],
    ['https://user:secret@vapi.ai/control'],
    ['file:///etc/passwd'],
    ['ftp://vapi.ai/'],
    ['not a url'],
    [''],
  ])('not to %s', (url) => {
    expect(safeTarget(url, false)).toBeUndefined();
  });

  test('in development also to loopback, by http too', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '[::1]', '[::ffff:127.0.0.1]']) {
      expect(safeTarget(`http://${host}:9000/control`, true)?.lookup).toBe(localLookup);
    }
  });

  test.each([
    ['http://10.0.0.7/control'],
    ['https://10.0.0.7/control'],
    ['https://169.254.169.254/latest/meta-data'],
    ['http://vapi.ai/control'],
    ['ftp://127.0.0.1/control'],
    ['http://user:secret@127.0.0.1/control'],
  ])('in development still not to %s', (url) => {
    expect(safeTarget(url, true)).toBeUndefined();
  });

  test('in development a public name must still be public', () => {
    expect(safeTarget('https://vapi.ai/control', true)?.lookup).toBe(publicLookup);
  });
});

test('a public name that leads to a private address is not connected to', async () => {
  const url = new URL('https://localhost:1/control');
  const asked = exchange({
    method: 'POST',
    url,
    lookup: publicLookup,
    timeoutMs: 5_000,
    repeatable: false,
  });
  const error = await asked.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NoAnswer);
  expect(error).toMatchObject({ sent: false, message: 'connection failed (EPRIVATE)' });
});

test.each([
  ['1.1.1.1', false],
  ['100.64.3.2', true],
  ['172.15.0.1', false],
  ['172.31.255.255', true],
  ['192.0.2.1', true],
  ['203.0.113.9', true],
  ['2001::1', true],
  ['2001:db8::1', true],
  ['2001:4860:4860::8888', false],
  ['100::1', true],
  ['224.0.0.251', true],
  ['255.255.255.255', true],
  ['::', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:8.8.8.8', false],
  ['::ffff:0:7f00:1', true],
  ['3fff::1', true],
  ['5f00::1', true],
  ['2606:4700::1111', false],
])('%s is private: %s', (address, expected) => {
  expect(isPrivateAddress(address)).toBe(expected);
});
