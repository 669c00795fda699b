/** MurmurHash3's finaliser: spreads an integer over all 32 bits, one to one. Returns an unsigned 32-bit number. */
export function mix32(n: number): number {
  let h = n ^ (n >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
