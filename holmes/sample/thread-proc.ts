/**
 * What the kernel says of one thread of this process: readable however stuck the thread is, in microseconds, without
 * asking it anything. Only Linux has it; elsewhere every answer is empty.
 */
import type { Clock } from '../clock.ts';
import type { KernelState } from '../profile/handle-profile.ts';
import type { Readings } from '../reading.ts';
import { KeptFile } from './kept-file.ts';

/** Shorter intervals say nothing: the kernel adds up a running thread's time at its tick, every 1 to 10 ms. */
const minIntervalMs = 20;
/** A cgroup's quota is handed out in periods of so long: a thread that has used its part up rests until the next. */
const quotaPeriodMs = 100;
const starvationIntervalMs: number = 0.8 * quotaPeriodMs;
/** A thread under a small quota that runs whenever it may is busy, not starved; below so much of its wish it is. */
const starvedShare = 0.05;
/** Clock ticks a second in /proc, the same on every platform that Node runs on. */
const ticksPerSecond = 100;
const unknown: KernelState = { kind: 'unknown', waitChannel: '', systemCall: '' };

/** Sums since the thread began, in milliseconds. */
interface CpuTime {
  readonly atMs: number;
  readonly ranMs: number;
  /** NaN: the kernel does not tell. */
  readonly waitedMs: number;
}

/** Holds up to four descriptors until the thread is gone or `close` is called. */
export class ThreadProc {
  readonly #clock: Clock;
  readonly #schedstat: KeptFile;
  readonly #stat: KeptFile;
  readonly #waitChannel: KeptFile;
  readonly #systemCall: KeptFile;
  /** As of the last sample: what rates count from. */
  #sampled: CpuTime | null;
  /** As of the last look of any kind. */
  #looked: CpuTime | null;

  /** `tid`: the kernel's thread id, 0 when it is not known. `proc`: where /proc is. */
  constructor(tid: number, clock: Clock, proc: string = '/proc') {
    const task = `${proc}/self/task/${tid}`;
    this.#clock = clock;
    this.#schedstat = new KeptFile(`${task}/schedstat`);
    this.#stat = new KeptFile(`${task}/stat`);
    this.#waitChannel = new KeptFile(`${task}/wchan`);
    this.#systemCall = new KeptFile(`${task}/syscall`);
    this.#sampled = this.#cpuTime();
    this.#looked = this.#sampled;
  }

  /** `cpu` and `cpu_wait` since the last sample, as shares of one core; empty when the thread is gone. */
  sample(): Readings {
    const before = this.#sampled;
    const now = this.#cpuTime();
    this.#looked = now ?? this.#looked;
    if (now === null || before === null) {
      this.#sampled = now;
      return {};
    }
    const elapsedMs = now.atMs - before.atMs;
    if (elapsedMs < minIntervalMs) return {};
    this.#sampled = now;
    const cpu = share(now.ranMs - before.ranMs, elapsedMs);
    const waitedMs = now.waitedMs - before.waitedMs;
    return Number.isNaN(waitedMs) ? { cpu } : { cpu, cpu_wait: share(waitedMs, elapsedMs) };
  }

  /**
   * What the thread does this instant. `starved` compares with the last look, by this or `sample`: to tell it from
   * `running` with a thread that was busy before, look twice, 100 ms apart.
   */
  kernelState(): KernelState {
    const state = stateLetter(this.#stat.read());
    if (state === '' || state === 'Z' || state === 'X') {
      this.#closeIfGone(state);
      return unknown;
    }
    if (state === 'R')
      return { kind: this.#isStarved() ? 'starved' : 'running', waitChannel: '', systemCall: '' };
    return {
      kind: 'sleeping',
      waitChannel: waitChannelName(this.#waitChannel.read()),
      systemCall: systemCallNumber(this.#systemCall.read()),
    };
  }

  /** Gives the descriptors back; every answer is empty from then on. More than once is allowed. */
  close(): void {
    for (const file of [this.#schedstat, this.#stat, this.#waitChannel, this.#systemCall]) file.close();
  }

  /** Ready to run, but since the last look it got next to nothing of the time that it could have used. */
  #isStarved(): boolean {
    const before = this.#looked;
    const now = this.#cpuTime();
    if (now === null || before === null || now.atMs - before.atMs < starvationIntervalMs) return false;
    this.#looked = now;
    if (Number.isNaN(now.waitedMs)) return false;
    const ranMs = now.ranMs - before.ranMs;
    const waitedMs = now.waitedMs - before.waitedMs;
    // A wait is added up when it ends: a thread that waits all the time shows neither.
    return ranMs === 0 || ranMs < starvedShare * (ranMs + waitedMs);
  }

  #cpuTime(): CpuTime | null {
    const atMs = this.#clock.now();
    const schedstat = this.#schedstat.read();
    const [ranNs = '', waitedNs = ''] = schedstat?.split(' ') ?? [];
    const time = { atMs, ranMs: Number(ranNs) / 1e6, waitedMs: Number(waitedNs) / 1e6 };
    // A thread that is there has run: zero means a kernel that does not keep count.
    return time.ranMs > 0 && Number.isFinite(time.ranMs) && time.waitedMs >= 0
      ? time
      : ticksOf(this.#stat.read(), atMs);
  }

  #closeIfGone(state: string): void {
    if (state === '' && !this.#stat.isOpen) this.close();
  }
}

function share(partMs: number, wholeMs: number): number {
  // Both come from different clocks, so a full core may show as 1.001.
  return Math.min(1, Math.max(0, partMs / wholeMs));
}

/** For a kernel without schedstat: user and system time in ticks of 10 ms. */
function ticksOf(stat: string | null, atMs: number): CpuTime | null {
  const fields = fieldsBehindName(stat);
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks)
    ? { atMs, ranMs: (ticks * 1000) / ticksPerSecond, waitedMs: Number.NaN }
    : null;
}

function stateLetter(stat: string | null): string {
  return fieldsBehindName(stat)[0] ?? '';
}

/** A thread may be called anything, `) R (` too: what counts stands behind the last parenthesis. */
function fieldsBehindName(stat: string | null): readonly string[] {
  if (stat === null) return [];
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** `0`: not waiting, or hidden. */
function waitChannelName(text: string | null): string {
  const name = text?.trim() ?? '';
  return name === '0' ? '' : name;
}

/** `202 0x7f.. ..`, `running`, or `-1 ..` outside of a call. */
function systemCallNumber(text: string | null): string {
  return /^\d+/.exec(text ?? '')?.[0] ?? '';
}
