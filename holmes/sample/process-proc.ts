/**
 * The readings of the process as a whole: CPU against what its cgroup grants, resident memory against its limit, open
 * descriptors. All of it is read at once from memory and /proc, in a fifth of a millisecond, and nothing is spawned.
 */
import type { Clock } from '../clock.ts';
import type { ReadingName, Readings } from '../reading.ts';
import { Cgroup, type CgroupLimits } from './cgroup.ts';
import { Descriptors } from './descriptors.ts';
import { KeptFile } from './kept-file.ts';

export interface ProcessProcOptions {
  readonly clock: Clock;
  readonly cgroup?: Pick<Cgroup, 'limits'>;
  /** Where /proc is. */
  readonly proc?: string;
  /** CPU of the process since it began, in microseconds. */
  readonly cpuUsage?: () => { readonly user: number; readonly system: number };
}

/** A share of less time than that is noise. */
const minIntervalMs = 1;

export class ProcessProc {
  readonly #clock: Clock;
  readonly #cgroup: Pick<Cgroup, 'limits'>;
  readonly #descriptors: Descriptors;
  readonly #cpuUsage: NonNullable<ProcessProcOptions['cpuUsage']>;
  readonly #statm: KeptFile;
  readonly #pageBytes: number;
  #atMs: number;
  #cpuUs: number;

  constructor(options: ProcessProcOptions) {
    const proc = options.proc ?? '/proc';
    this.#clock = options.clock;
    this.#cgroup = options.cgroup ?? new Cgroup();
    this.#descriptors = new Descriptors(options.clock, proc);
    this.#cpuUsage = options.cpuUsage ?? (() => process.cpuUsage());
    this.#statm = new KeptFile(`${proc}/self/statm`);
    this.#pageBytes = pageBytesOf(this.#statm.read());
    this.#atMs = options.clock.now();
    this.#cpuUs = this.#totalCpuUs();
  }

  /** What `sample` gives on this machine. */
  get readings(): readonly ReadingName[] {
    const everywhere: ReadingName[] = ['cpu', 'rss', 'rss_bytes'];
    if (Number.isNaN(this.#descriptors.open())) return everywhere;
    const withCount: ReadingName[] = [...everywhere, 'descriptors'];
    return Number.isFinite(this.#descriptors.limit()) ? [...withCount, 'descriptor_share'] : withCount;
  }

  /** Of the container, or of the machine where nothing tighter holds: `rss` is a share of it. */
  get memoryLimitBytes(): number {
    return this.#cgroup.limits().memoryBytes;
  }

  /** Never throws; what cannot be read is left out. `cpu` is of the time since the last sample. */
  sample(): Readings {
    const limits = this.#cgroup.limits();
    return { ...this.#cpu(limits), ...this.#memory(limits), ...this.#openDescriptors() };
  }

  /** Gives its own descriptors back. More than once is allowed; sampling goes on with less. */
  close(): void {
    this.#statm.close();
    this.#descriptors.close();
  }

  #cpu({ cpus }: CgroupLimits): Readings {
    const nowMs = this.#clock.now();
    const elapsedMs = nowMs - this.#atMs;
    if (elapsedMs < minIntervalMs) return {};
    const cpuUs = this.#totalCpuUs();
    const share = (cpuUs - this.#cpuUs) / (elapsedMs * 1000 * cpus);
    this.#atMs = nowMs;
    this.#cpuUs = cpuUs;
    // A quota that may be exceeded in bursts, or that has just been lowered, gives more than all.
    return { cpu: Math.min(1, Math.max(0, share)) };
  }

  #memory({ memoryBytes }: CgroupLimits): Readings {
    const bytes = this.#residentBytes();
    return bytes > 0 ? { rss: Math.min(1, bytes / memoryBytes), rss_bytes: bytes } : {};
  }

  /** The kept file still reads when descriptors have run out. */
  #residentBytes(): number {
    const kept = residentPages(this.#statm.read()) * this.#pageBytes;
    if (kept > 0) return kept;
    try {
      return process.memoryUsage.rss();
    } catch {
      return Number.NaN;
    }
  }

  #openDescriptors(): Readings {
    const open = this.#descriptors.open();
    if (Number.isNaN(open)) return {};
    const limit = this.#descriptors.limit();
    return Number.isFinite(limit) && limit > 0
      ? { descriptors: open, descriptor_share: Math.min(1, open / limit) }
      : { descriptors: open };
  }

  #totalCpuUs(): number {
    const { user, system } = this.#cpuUsage();
    return user + system;
  }
}

/** The second field of statm; NaN when there is none. */
function residentPages(statm: string | null): number {
  return Number(statm?.split(' ')[1] ?? Number.NaN);
}

/** No call tells the size of a page, but Node knows resident memory in bytes: the nearest power of two is it. */
function pageBytesOf(statm: string | null): number {
  const bytes = process.memoryUsage.rss() / residentPages(statm);
  return 2 ** Math.round(Math.log2(bytes));
}
