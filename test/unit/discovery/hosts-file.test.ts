import { describe, expect, test } from 'vitest';
import { addressesInHosts } from '../../../src/discovery/dns/hosts-file.ts';

const text = `
# a comment
127.0.0.1   localhost loopback
::1 localhost   # and here
10.1.2.3\tApi.Example.com api
10.1.2.4 api.example.com\r
10.1.2.4 api.example.com
nonsense api.example.com
10.9.9.9
`;

describe('a hosts file', () => {
  test('gives every address of a name, once, in order, whatever the case', () => {
    expect(addressesInHosts(text, 'api.example.COM')).toEqual(['10.1.2.3', '10.1.2.4']);
    expect(addressesInHosts(text, 'localhost')).toEqual(['127.0.0.1', '::1']);
    expect(addressesInHosts(text, 'api')).toEqual(['10.1.2.3']);
  });

  test('gives nothing for a name that is not in it, nor for words of comments and addresses', () => {
    for (const name of ['example.com', 'comment', 'here', '10.9.9.9', '']) {
      expect(addressesInHosts(text, name)).toEqual([]);
    }
  });
});
