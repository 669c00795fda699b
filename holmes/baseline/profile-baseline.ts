/**
 * What is normal, learnt from the quiet windows of the recorder: an average in which a window counts for as long as it
 * lasted, and old ones fade. Bounded: beyond `maxPlaces` the places with the least are forgotten.
 */
import { cpuCharges } from '../profile/cpu-charges.ts';
import type { CpuProfile } from '../profile/cpu-profile.ts';
import { cpuTimes } from '../profile/cpu-times.ts';
import { bufferPlaces, handlePlaces } from '../profile/handle-places.ts';
import type { Frame, HandleProfile } from '../profile/handle-profile.ts';
import { heapPlaces } from '../profile/heap-places.ts';
import type { HeapProfile } from '../profile/heap-profile.ts';
import { type BaselineBuilder, placeKey } from './baseline.ts';

/** After so much watched time a window counts half: long enough for rare work to stay known, short enough to follow a release. */
const halfLifeUs = 10 * 60 * 1e6;
/** Shorter windows say too little: a handful of samples. */
const minWindowUs = 500_000;

/** The whole function, whichever line: what it does moves between its lines. */
export function functionKey(functionName: string, url: string, line: number): string {
  return `${placeKey(functionName, url, line)}\nfunction`;
}

export const garbageKey: string = placeKey('(garbage collector)', '', 0);
export const heapTotalKey: string = placeKey('(all)', '', 0);

/** Handles of a kind made at a place; `null`: all of the kind. */
export function handleKey(kind: string, maker: Frame | null): string {
  return `${kind}\n${maker === null ? '' : placeKey(maker.functionName, maker.url, maker.line)}`;
}

/** Under it stand bytes, not a count. */
export const bufferKind = 'buffer';

export class ProfileBaseline implements BaselineBuilder {
  readonly #maxPlaces: number;
  /** Weighted sums of shares; divided by the weight when read. */
  #cpu = new Map<string, number>();
  #cpuWeight = 0;
  #heap = new Map<string, number>();
  #handles = new Map<string, number>();
  #heapAt = 0;
  #handlesAt = 0;

  constructor(options: { readonly maxPlaces?: number } = {}) {
    this.#maxPlaces = options.maxPlaces ?? 2000;
  }

  get heapAt(): number {
    return this.#heapAt;
  }

  get handlesAt(): number {
    return this.#handlesAt;
  }

  cpuShare(key: string): number | null {
    return this.#cpuWeight === 0 ? null : (this.#cpu.get(key) ?? 0) / this.#cpuWeight;
  }

  heapBytes(key: string): number | null {
    return this.#heapAt === 0 ? null : (this.#heap.get(key) ?? 0);
  }

  handleCount(key: string): number | null {
    return this.#handlesAt === 0 ? null : (this.#handles.get(key) ?? 0);
  }

  addCpu(profile: CpuProfile): void {
    const times = cpuTimes(profile);
    if (times.durationUs < minWindowUs) return;
    const fade = 0.5 ** (times.durationUs / halfLifeUs);
    const weight = 1 - fade;
    for (const [key, sum] of this.#cpu) this.#cpu.set(key, sum * fade);
    this.#cpuWeight = this.#cpuWeight * fade + weight;
    const add = (key: string, us: number): void => {
      this.#cpu.set(key, (this.#cpu.get(key) ?? 0) + (weight * us) / times.durationUs);
    };
    add(garbageKey, times.garbageUs);
    for (const charge of cpuCharges(times).charges) {
      const { functionName, url, functionLine } = charge;
      add(placeKey(functionName, url, charge.line || functionLine), charge.us);
      add(functionKey(functionName, url, functionLine), charge.us);
    }
    this.#cpu = largest(this.#cpu, this.#maxPlaces);
  }

  setHeap(profile: HeapProfile, at: number): void {
    const { totalBytes, places } = heapPlaces(profile);
    const heap = new Map([[heapTotalKey, totalBytes]]);
    for (const { functionName, url, line, bytes } of places)
      heap.set(placeKey(functionName, url, line), bytes);
    this.#heap = largest(heap, this.#maxPlaces);
    this.#heapAt = at;
  }

  /** `at`: unix milliseconds. */
  addHandles(profile: HandleProfile, at: number): void {
    const handles = new Map<string, number>();
    const add = (key: string, count: number): void => void handles.set(key, (handles.get(key) ?? 0) + count);
    for (const { kind, maker, count } of handlePlaces(profile).places) {
      add(handleKey(kind, null), count);
      if (maker !== null) add(handleKey(kind, maker), count);
    }
    for (const { maker, bytes } of bufferPlaces(profile)) {
      add(handleKey(bufferKind, null), bytes);
      if (maker !== null) add(handleKey(bufferKind, maker), bytes);
    }
    this.#handles = largest(handles, this.#maxPlaces);
    this.#handlesAt = at;
  }
}

function largest(places: Map<string, number>, max: number): Map<string, number> {
  if (places.size <= max) return places;
  return new Map([...places].sort((a, b) => b[1] - a[1]).slice(0, max));
}
