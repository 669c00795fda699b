/** What a reader must know of the machine to judge a result. No host name, no path: results are published. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import type { CorePlan } from './cores.ts';

export interface Machine {
  readonly processor: string;
  readonly coreCount: number;
  readonly cores: CorePlan;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  /** Load average over one minute when the run began: anything near 1 spoils a run on few cores. */
  readonly loadAverage: number;
  readonly openFilesLimit: number;
}

/** Soft limit of open files. Node raises it to the hard one at start, and children inherit that. */
export function openFilesLimit(): number {
  const value = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return value === undefined || value === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(value);
}

export function describeMachine(cores: CorePlan): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? 'unknown',
    coreCount: processors.length,
    cores,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.versions.node,
    v8: process.versions.v8,
    loadAverage: Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]),
    openFilesLimit: openFilesLimit(),
  };
}

/** Revision of the source that was measured, with `+` when files differ from it; `unknown` outside a clone. */
export function sourceRevision(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--', 'src', 'package-lock.json') !== '';
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? '+' : '');
  } catch {
    return 'unknown';
  }
}
