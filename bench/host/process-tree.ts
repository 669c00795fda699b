/**
 * CPU time and memory of a process and all its descendants, from /proc. CPU time is the scheduler's own, in
 * nanoseconds, per thread (`schedstat`); the process's tick counter (10 ms) stands in only when it knows of clearly
 * more, because a thread ended between two snapshots and took its figures with it.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface CpuSnapshot {
  /** Nanoseconds run, by thread id. */
  readonly tasks: ReadonlyMap<number, number>;
  readonly tickNs: number;
}

export interface CpuUse {
  readonly totalNs: number;
  /** The thread that worked most. With one data thread or worker, that is the one that carries the traffic. */
  readonly busiestThreadNs: number;
}

export interface MemoryUse {
  readonly residentBytes: number;
  /** High-water mark since each process began. */
  readonly peakResidentBytes: number;
}

/** User and system time of a few processes are each rounded to a tick. */
const TICK_SLACK = 5;
let nanosecondsPerTick = 0;

function tickNs(): number {
  if (nanosecondsPerTick === 0) {
    nanosecondsPerTick = 1e9 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  }
  return nanosecondsPerTick;
}

function tasksOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/** A process or thread may end between listing it and reading it; it then has no text. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export function processTree(root: number): number[] {
  const found = [root];
  for (let index = 0; index < found.length; index += 1) {
    const pid = found[index] as number;
    for (const task of tasksOf(pid)) {
      const children = readOrEmpty(`/proc/${pid}/task/${task}/children`).trim();
      if (children !== '') found.push(...children.split(' ').map(Number));
    }
  }
  return found;
}

export function cpuSnapshot(root: number): CpuSnapshot {
  const tasks = new Map<number, number>();
  let ticks = 0;
  for (const pid of processTree(root)) {
    for (const task of tasksOf(pid)) {
      const runNs = Number(readOrEmpty(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]);
      tasks.set(task, runNs);
    }
    // Fields 14 and 15 of stat; the name in field 2 may hold spaces, so count from its closing bracket.
    const stat = readOrEmpty(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return { tasks, tickNs: ticks * tickNs() };
}

export function cpuBetween(before: CpuSnapshot, after: CpuSnapshot): CpuUse {
  let totalNs = 0;
  let busiestThreadNs = 0;
  for (const [task, runNs] of after.tasks) {
    const spentNs = runNs - (before.tasks.get(task) ?? 0);
    totalNs += spentNs;
    busiestThreadNs = Math.max(busiestThreadNs, spentNs);
  }
  const byTicksNs = after.tickNs - before.tickNs;
  const unseenNs = byTicksNs - totalNs;
  return { totalNs: unseenNs > TICK_SLACK * tickNs() ? byTicksNs : totalNs, busiestThreadNs };
}

export function memoryOf(root: number): MemoryUse {
  let residentBytes = 0;
  let peakResidentBytes = 0;
  for (const pid of processTree(root)) {
    const status = readOrEmpty(`/proc/${pid}/status`);
    residentBytes += 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    peakResidentBytes += 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return { residentBytes, peakResidentBytes };
}
