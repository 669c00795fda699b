/**
 * What this process may use and what its cgroup uses, of cgroup version 2, version 1 and both at once; without a cgroup
 * the machine is the limit. Limits are read anew each time, because an operator may change them under a running program.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { cgroupPlaces, type CgroupPlaces } from './cgroup-place.ts';

export interface CgroupLimits {
  /** Cores granted, 0.5 is half of one; never more than the process may run on. */
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Where the tightest limit was found. */
  readonly cpuFrom: 'cgroup2' | 'cgroup1' | 'affinity' | 'machine';
  readonly memoryFrom: 'cgroup2' | 'cgroup1' | 'machine';
}

/** Of the process's own cgroup, with everything else that is in it. NaN: not to be had. */
export interface CgroupUsage {
  /** With the page cache. */
  readonly memoryBytes: number;
  /** Since the cgroup was made. */
  readonly cpuSeconds: number;
  /** Time in which the quota was used up, of all cores together. */
  readonly throttledSeconds: number;
}

export interface CgroupOptions {
  /** In front of `/proc` and `/sys`: a test has a tree of its own. */
  readonly root?: string;
  readonly machine?: { readonly cpus: number; readonly memoryBytes: number };
}

const nowhere: CgroupPlaces = { unified: [], cpuV1: [], cpuacctV1: [], memoryV1: [] };
/** Smaller quotas and limits than these do not let a program run: such a file holds something else. */
const minCpus = 0.001;
const minMemoryBytes = 4096;

export class Cgroup {
  readonly #root: string;
  readonly #machine: { readonly cpus: number; readonly memoryBytes: number };
  #membership = '';
  #places: CgroupPlaces = nowhere;
  #last: CgroupLimits | null = null;
  /** Some file could not be opened because there were no descriptors left. */
  #isShort = false;

  constructor(options: CgroupOptions = {}) {
    this.#root = options.root ?? '';
    // Asking for the processors is slow on a large machine and their number does not change.
    this.#machine = options.machine ?? {
      cpus: cpus().length || availableParallelism(),
      memoryBytes: totalmem(),
    };
  }

  /** Never throws. While descriptors have run out, what was read last holds. */
  limits(): CgroupLimits {
    this.#isShort = false;
    this.#locate();
    const limits: CgroupLimits = { ...this.#cpuLimit(), ...this.#memoryLimit() };
    if (this.#isShort && this.#last !== null) return this.#last;
    this.#last = limits;
    return limits;
  }

  /** Never throws. A controller is in one of the trees only; what version 2 counts without it is the whole machine's. */
  usage(): CgroupUsage {
    this.#isShort = false;
    this.#locate();
    const { unified, cpuV1, cpuacctV1, memoryV1 } = this.#places;
    const stat = this.#table(unified[0], 'cpu.stat');
    return {
      memoryBytes: firstNumber(
        this.#number(memoryV1[0], 'memory.usage_in_bytes'),
        this.#number(unified[0], 'memory.current'),
      ),
      cpuSeconds: firstNumber(
        this.#number(cpuacctV1[0], 'cpuacct.usage') / 1e9,
        number(stat.get('usage_usec')) / 1e6,
      ),
      throttledSeconds: firstNumber(
        number(this.#table(cpuV1[0], 'cpu.stat').get('throttled_time')) / 1e9,
        number(stat.get('throttled_usec')) / 1e6,
      ),
    };
  }

  #locate(): void {
    const membership = this.#read('/proc/self/cgroup') ?? '';
    if (this.#isShort) return;
    const isKnown =
      membership === this.#membership && this.#places.unified.length + this.#places.memoryV1.length > 0;
    if (isKnown) return;
    // Mounts are looked at again only when the process was moved: a container may have hundreds of them.
    const mounts = membership === '' ? '' : (this.#read('/proc/self/mountinfo') ?? '');
    if (this.#isShort) return;
    this.#membership = membership;
    this.#places = membership === '' ? nowhere : cgroupPlaces(membership, mounts);
  }

  #cpuLimit(): Pick<CgroupLimits, 'cpus' | 'cpuFrom'> {
    const affinity = allowedCpus(this.#read('/proc/self/status'));
    const machine = this.#machine.cpus;
    const candidates: Pick<CgroupLimits, 'cpus' | 'cpuFrom'>[] = [
      { cpus: machine, cpuFrom: 'machine' },
      { cpus: affinity, cpuFrom: 'affinity' },
    ];
    for (const directory of this.#places.unified) {
      const [quota, period] = this.#words(directory, 'cpu.max');
      candidates.push({ cpus: number(quota) / number(period), cpuFrom: 'cgroup2' });
    }
    for (const directory of this.#places.cpuV1) {
      const quotaUs = this.#number(directory, 'cpu.cfs_quota_us');
      if (!(quotaUs > 0)) continue;
      candidates.push({ cpus: quotaUs / this.#number(directory, 'cpu.cfs_period_us'), cpuFrom: 'cgroup1' });
    }
    return candidates.reduce((best, next) => (next.cpus < best.cpus && next.cpus >= minCpus ? next : best));
  }

  /** Version 1 writes no limit as a number next to 2^63: it is more than the machine has, as is any limit without effect. */
  #memoryLimit(): Pick<CgroupLimits, 'memoryBytes' | 'memoryFrom'> {
    const candidates: Pick<CgroupLimits, 'memoryBytes' | 'memoryFrom'>[] = [
      { memoryBytes: this.#machine.memoryBytes, memoryFrom: 'machine' },
    ];
    for (const directory of this.#places.unified) {
      candidates.push({ memoryBytes: this.#number(directory, 'memory.max'), memoryFrom: 'cgroup2' });
    }
    for (const directory of this.#places.memoryV1) {
      candidates.push({
        memoryBytes: this.#number(directory, 'memory.limit_in_bytes'),
        memoryFrom: 'cgroup1',
      });
    }
    return candidates.reduce((best, next) =>
      next.memoryBytes < best.memoryBytes && next.memoryBytes >= minMemoryBytes ? next : best,
    );
  }

  #number(directory: string | undefined, file: string): number {
    return number(this.#words(directory, file)[0]);
  }

  #words(directory: string | undefined, file: string): readonly string[] {
    if (directory === undefined) return [];
    return this.#read(`${directory}/${file}`)?.trim().split(/\s+/) ?? [];
  }

  #table(directory: string | undefined, file: string): ReadonlyMap<string, string> {
    const lines = directory === undefined ? [] : (this.#read(`${directory}/${file}`)?.split('\n') ?? []);
    return new Map(
      lines.map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']),
    );
  }

  #read(path: string): string | null {
    try {
      return readFileSync(this.#root + path, 'latin1');
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EMFILE' || code === 'ENFILE') this.#isShort = true;
      return null;
    }
  }
}

/** NaN for anything but digits: `max`, an empty file, a missing one. */
function number(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function firstNumber(...values: readonly number[]): number {
  return values.find((value) => !Number.isNaN(value)) ?? Number.NaN;
}

/** `Cpus_allowed_list: 0-3,8` -> 5. NaN when it does not say. */
function allowedCpus(status: string | null): number {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status ?? '')?.[1];
  if (list === undefined) return Number.NaN;
  return list.split(',').reduce((sum, range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(number);
    return sum + last - first + 1;
  }, 0);
}
