/** The ways in which the same bytes can arrive: a parser must not care. */
import type { Random } from '../../../src/base/index.ts';

/** Where bytes are cut: rising offsets, each greater than 0 and less than the length. */
export type Cuts = readonly number[];

export const whole: Cuts = [];

/** One byte at a time. */
export function everyByte(length: number): Cuts {
  return Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1);
}

/** Some cuts at random places: mostly few, as segments make them, now and then many. */
export function randomCuts(length: number, random: Random): Cuts {
  const density = random.next() < 0.3 ? 0.4 : 4 / Math.max(length, 8);
  return everyByte(length).filter(() => random.next() < density);
}

/** Whole, one byte at a time, and `count` random splits. */
export function* allCuts(length: number, random: Random, count: number): Generator<Cuts> {
  yield whole;
  yield everyByte(length);
  for (let i = 0; i < count; i++) yield randomCuts(length, random);
}

/** Calls `take` with each piece, until it answers false. */
export function deliver(bytes: Buffer, cuts: Cuts, take: (piece: Buffer, at: number) => boolean): void {
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    if (!take(bytes.subarray(from, to), from)) return;
    from = to;
  }
}

/** What `read` makes of bytes of that length in whichever pieces they arrive: one entry if it does not care. */
export function outcomes<T>(length: number, random: Random, count: number, read: (cuts: Cuts) => T): T[] {
  const different = new Map<string, T>();
  for (const cuts of allCuts(length, random, count)) {
    const outcome = read(cuts);
    different.set(JSON.stringify(outcome), outcome);
  }
  return [...different.values()];
}

/** Lengths at which to cut off: each one up to 300, then every 97th. */
export function truncations(length: number): number[] {
  return Array.from({ length }, (_, i) => i).filter((i) => i < 300 || i % 97 === 0);
}
