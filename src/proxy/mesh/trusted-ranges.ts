/** Whose introductions are believed: who may speak for a node at all. Asked once per connection or endpoint. */
import { BlockList, isIP } from 'node:net';
import type { AddressRange } from '../../config/index.ts';

export class TrustedRanges {
  readonly #ranges = new BlockList();

  constructor(ranges: readonly AddressRange[]) {
    for (const { address, prefix } of ranges) {
      this.#ranges.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
    }
  }

  /** `address`: an IP literal; what is none is not trusted. */
  has(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#ranges.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}
