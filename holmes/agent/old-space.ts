/**
 * How near a thread is to dying of its heap. `heap_size_limit` is not the limit: it has the young generation in it, which
 * V8 never lends to the old one, and with a small heap that is half of it. V8 does not tell how large the young
 * generation may grow, so this works it out as V8 does.
 */
import { totalmem } from 'node:os';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { isMainThread, resourceLimits } from 'node:worker_threads';

const mebibyte = 1024 * 1024;

/** Largest semi-space by default; the young generation is three of them. */
const maxDefaultSemiSpaceMb = 64;

export interface HeapSetup {
  /** `heap_size_limit`, in bytes. */
  readonly heapSizeLimit: number;
  /** Of a worker, its `maxYoungGenerationSizeMb`; `null` on the main thread. */
  readonly youngGenerationMb: number | null;
  /** What V8 was given: `process.execArgv` and `NODE_OPTIONS`. */
  readonly flags: readonly string[];
  /** Memory that the process may use, in bytes: the smaller of the machine's and its cgroup's. */
  readonly physicalBytes: number;
}

/** Bytes that old space may have. */
export function oldSpaceLimit(setup: HeapSetup): number {
  const { heapSizeLimit } = setup;
  const limit = heapSizeLimit - 3 * semiSpaceMb(setup) * mebibyte;
  // The flags of a worker need not be those that V8 was started with.
  return limit > 0 ? limit : heapSizeLimit;
}

function semiSpaceMb(setup: HeapSetup): number {
  const semiSpace = flagMb(setup.flags, 'max-semi-space-size');
  if (semiSpace !== null) return powerOfTwo(semiSpace);
  const heap = flagMb(setup.flags, 'max-heap-size');
  if (heap !== null) return semiSpaceOfHeapMb(heap);
  if (setup.youngGenerationMb !== null) return powerOfTwo(setup.youngGenerationMb / 3);
  return defaultSemiSpaceMb(defaultOldSpaceMb(setup.physicalBytes));
}

/** V8 gives the old generation half of the memory, from 256 MiB to 2 GiB, or 4 GiB on a machine of 15 GiB. */
function defaultOldSpaceMb(physicalBytes: number): number {
  const largest = physicalBytes >= 15 * 1024 * mebibyte ? 4096 : 2048;
  return Math.min(Math.max(physicalBytes / mebibyte / 2, 256), largest);
}

function defaultSemiSpaceMb(oldSpaceMb: number): number {
  return oldSpaceMb <= 256 ? 1 : powerOfTwo(Math.min(oldSpaceMb / 32, maxDefaultSemiSpaceMb));
}

/** The largest old generation that fits into the heap together with the young one that goes with it. */
function semiSpaceOfHeapMb(heapMb: number): number {
  let semiSpace = 1;
  for (let oldSpace = 1; oldSpace < heapMb; oldSpace++) {
    const own = defaultSemiSpaceMb(oldSpace);
    if (oldSpace + 3 * own <= heapMb) semiSpace = own;
  }
  return semiSpace;
}

function powerOfTwo(megabytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(megabytes, 1)));
}

function flagMb(flags: readonly string[], name: string): number | null {
  let found: number | null = null;
  for (const flag of flags) {
    const [key = '', value = ''] = flag.replaceAll('_', '-').split('=');
    if (key === `--${name}` && Number(value) > 0) found = Number(value);
  }
  return found;
}

function ownSetup(): HeapSetup {
  const machine = totalmem();
  const constrained = process.constrainedMemory();
  return {
    heapSizeLimit: getHeapStatistics().heap_size_limit,
    youngGenerationMb: isMainThread ? null : (resourceLimits.maxYoungGenerationSizeMb ?? null),
    flags: [...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/), ...process.execArgv],
    physicalBytes: constrained > 0 && constrained < machine ? constrained : machine,
  };
}

/** Reads the heap of the thread it is made in. */
export class OldSpace {
  readonly #limit: number = oldSpaceLimit(ownSetup());

  /**
   * Share of old space in use, garbage included; at 1 the thread dies. It dies earlier when more survivors of the young
   * generation (up to 64 MiB by default) want to move in at once than there is room for.
   */
  share(): number {
    let used = 0;
    for (const { space_name, space_used_size } of getHeapSpaceStatistics())
      if (!space_name.startsWith('new_') && !space_name.startsWith('read_only')) used += space_used_size;
    return used / this.#limit;
  }
}
