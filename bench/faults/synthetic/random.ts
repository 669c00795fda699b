/** Chance with a seed: a table of figures must come out the same twice. */
export type Random = () => number;

/** Uniform in [0, 1); mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How many of `trials` happen; takes as long as the answer is large, because nearly all are 0. */
export function binomial(random: Random, trials: number, chance: number): number {
  if (chance <= 0) return 0;
  if (chance >= 1) return trials;
  const scale = 1 / Math.log1p(-chance);
  let count = -1;
  let at = 0;
  do {
    count++;
    at += Math.floor(Math.log(1 - random()) * scale) + 1;
  } while (at <= trials);
  return count;
}

/** Of small means only. */
export function poisson(random: Random, mean: number): number {
  const floor = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > floor; product *= random()) count++;
  return count;
}

/** 1 or more, `mean` on average. */
export function geometric(random: Random, mean: number): number {
  return mean <= 1 ? 1 : 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - 1 / mean));
}

export function whole(random: Random, below: number): number {
  return Math.floor(random() * below);
}
