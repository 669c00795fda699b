/**
 * Which processor cores this run uses: one for the proxy under test, the others for the load and the upstream. A
 * hyper-thread sibling of the proxy's core is left empty where there are cores enough.
 */
import { readFileSync } from 'node:fs';
import { runTool } from './tool.ts';

export interface CorePlan {
  readonly proxy: number;
  readonly load: readonly number[];
  /** True when the load had to be put on the proxy's own physical core; `null` when the machine does not say. */
  readonly sharedPhysicalCore: boolean | null;
}

/** `0-2,5` as the kernel writes it: [0, 1, 2, 5]. */
export function parseCoreList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

export function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return parseCoreList(list ?? '0');
}

function siblingsOf(core: number): number[] | null {
  try {
    return parseCoreList(
      readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, 'utf8'),
    );
  } catch {
    return null;
  }
}

/** The proxy gets the last allowed core, because the first ones serve more interrupts. */
export function planCores(
  allowed: readonly number[],
  siblings: (core: number) => readonly number[] | null = siblingsOf,
): CorePlan {
  const proxy = allowed.at(-1) ?? 0;
  const others = allowed.slice(0, -1);
  const together = siblings(proxy);
  const apart = others.filter((core) => !(together ?? []).includes(core));
  if (apart.length > 0) return { proxy, load: apart, sharedPhysicalCore: together === null ? null : false };
  return { proxy, load: others.length > 0 ? others : [proxy], sharedPhysicalCore: true };
}

/** Puts this process, and so everything it starts without saying otherwise, on the load's cores. */
export function pinSelf(plan: CorePlan): void {
  runTool('taskset', ['-a', '-p', '-c', plan.load.join(','), String(process.pid)]);
}
