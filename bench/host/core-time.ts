/** How busy whole cores were, from /proc/stat: tells whether something else disturbed a measurement. */
import { readFileSync } from 'node:fs';

export interface CoreTime {
  readonly busyTicks: number;
  /** Taken by the hypervisor for other machines. */
  readonly stolenTicks: number;
  readonly totalTicks: number;
}

export function coreTime(
  cores: readonly number[],
  text: string = readFileSync('/proc/stat', 'utf8'),
): CoreTime {
  let busyTicks = 0;
  let stolenTicks = 0;
  let totalTicks = 0;
  for (const core of cores) {
    const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(text)?.[1] ?? '';
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = line
      .split(' ')
      .map(Number);
    const busy = user + nice + system + irq + softirq;
    busyTicks += busy;
    stolenTicks += steal;
    totalTicks += busy + idle + wait + steal;
  }
  return { busyTicks, stolenTicks, totalTicks };
}

export interface CoreShares {
  /** 0..1 of the cores' time. */
  readonly busy: number;
  readonly stolen: number;
}

export function sharesBetween(before: CoreTime, after: CoreTime): CoreShares {
  const total = Math.max(1, after.totalTicks - before.totalTicks);
  return {
    busy: (after.busyTicks - before.busyTicks) / total,
    stolen: (after.stolenTicks - before.stolenTicks) / total,
  };
}
