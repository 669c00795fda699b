/**
 * A 32-bit hash of a string for consistent hashing: FNV-1a over the code units, then MurmurHash3's finaliser so that
 * neighbouring inputs spread over the whole range. The same in every thread and process; not for untrusted-input tables.
 */
export function hash32(text: string, seed: number = 0): number {
  let h = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h >>> 0;
}
