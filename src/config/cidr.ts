/** A range of addresses as people write it: `10.0.0.0/8`, `fd00::/8`, or one address alone. */
import { isIPv4, isIPv6 } from 'node:net';
import type { AddressRange } from './model.ts';
import { type Reading, read, refuse } from './reading.ts';

const expected = 'a range of addresses such as 10.0.0.0/8 or fd00::/8';

export function readRange(text: string): Reading<AddressRange> {
  const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0;
  if (bits === 0) return refuse(expected);
  const length = prefix === undefined ? bits : Number(prefix);
  return length <= bits
    ? read({ address, prefix: length })
    : refuse(`${expected}, with at most ${bits} bits behind the slash`);
}
