/** Randomness as a parameter: a seeded source makes balancing, jitter and sampling repeatable in tests. */
export interface Random {
  /** The next number, 0 <= n < 1. */
  next(): number;
}

export const systemRandom: Random = { next: () => Math.random() };

/** Mulberry32: 32 bits of state, good enough for simulations, never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
  };
}
