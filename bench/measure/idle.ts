/** Memory and CPU time that connections cost while nothing happens on them. */
import { setTimeout as delay } from 'node:timers/promises';
import { openFilesLimit } from '../host/machine.ts';
import { cpuBetween, cpuSnapshot, memoryOf } from '../host/process-tree.ts';
import { IdleLoad } from '../load/idle.ts';
import type { Figures } from '../report/results.ts';
import type { IdleScenario } from '../scenarios.ts';
import type { Subject } from './cell.ts';

/** Beside the connections a proxy needs its upstream connections, listeners and files. */
const SPARE_DESCRIPTORS = 500;
const SETTLE_MS = 1_000;
/** What opening them sets off, such as collections and captures, is over by then. */
const QUIET_MS = 30_000;

export async function measureIdle(subject: Subject, scenario: IdleScenario): Promise<Figures> {
  const { path, connections, measureSeconds } = scenario;
  const limit = openFilesLimit();
  if (limit < connections + SPARE_DESCRIPTORS) {
    throw new Error(
      `the limit of open files is ${limit}; ${connections} connections need ${connections + SPARE_DESCRIPTORS} (ulimit -Hn)`,
    );
  }
  const { pid } = subject.running;
  await delay(SETTLE_MS);
  const base = memoryOf(pid).residentBytes;
  const load = new IdleLoad({ port: subject.setup.listenPort, path, connections });
  try {
    await load.open();
    await delay(QUIET_MS);
    const before = cpuSnapshot(pid);
    const startedAtMs = performance.now();
    await delay(measureSeconds * 1_000);
    const { totalNs } = cpuBetween(before, cpuSnapshot(pid));
    const idleCoreShare = totalNs / 1e6 / (performance.now() - startedAtMs);
    const added = memoryOf(pid).residentBytes - base;
    // A proxy that quietly closed its idle connections would win this for nothing.
    await load.verify();
    return { idleBaseBytes: base, idleAddedBytes: added, idleCoreShare };
  } finally {
    await load.close();
  }
}
