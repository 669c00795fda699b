import { describe, expect, test } from 'vitest';
import { withoutSecrets } from '../../../src/admin/redaction.ts';
import { type Format, negotiate } from '../../../src/admin/reply.ts';

describe('the format for an Accept header', () => {
  const page: readonly Format[] = ['text', 'html', 'json'];
  const plain: readonly Format[] = ['text', 'json'];

  test.each<[string, readonly Format[], Format]>([
    ['', page, 'text'],
    ['*/*', page, 'text'],
    ['application/json', plain, 'json'],
    ['APPLICATION/JSON; charset=utf-8', plain, 'json'],
    ['application/json, text/plain, */*', plain, 'json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', page, 'html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', plain, 'text'],
    ['application/json;q=0.5, text/plain;q=0.4', plain, 'json'],
    ['application/json;q=0.4, text/plain;q=0.5', plain, 'text'],
    ['application/json;q=0', plain, 'text'],
    ['application/*', plain, 'json'],
    ['*/*, application/json', plain, 'json'],
    ['image/png', plain, 'text'],
    [';;,,q=', plain, 'text'],
    ['text/plain', ['json'], 'json'],
  ])('%j of %j is %s', (accept, offered, expected) => {
    expect(negotiate(accept, offered)).toBe(expected);
  });
});

describe('a dump', () => {
  test('masks what is named like a secret, at any depth and in any spelling', () => {
    const dump = {
      admin: { token: 's1', tokenFile: '/etc/token' },
      a: [{ 'X-Api-Key': 's2' }, { clientSecret: 12345 }, { credentials: { user: 's3' } }],
      set: [{ name: 'Cookie', value: 's4' }],
      match: [{ name: 'authorization', value: { kind: 'exact', value: 's5' }, invert: false }],
      url: 'http://user:s6@host/path',
    };
    expect(withoutSecrets(dump)).toEqual({
      admin: { token: '[redacted]', tokenFile: '/etc/token' },
      a: [{ 'X-Api-Key': '[redacted]' }, { clientSecret: '[redacted]' }, { credentials: '[redacted]' }],
      set: [{ name: 'Cookie', value: '[redacted]' }],
      match: [{ name: 'authorization', value: '[redacted]', invert: false }],
      url: 'http://[redacted]@host/path',
    });
  });

  test('shows that no secret is set', () => {
    const dump = { token: '', password: null, secret: false };
    expect(withoutSecrets(dump)).toEqual(dump);
  });
});
