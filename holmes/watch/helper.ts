/** The helper thread of `watch`: runs the monitor beside the main thread, so that it goes on while that is stuck. */
import { hostname } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { ProgramInfo } from '../capture/capture.ts';
import { systemClock } from '../clock.ts';
import type { HolmesLog } from '../log.ts';
import { Monitor } from '../monitor/monitor.ts';
import { DiskStore } from '../store/disk-store.ts';
import { MainSubject } from '../subject/main-subject.ts';
import { ProcessSubject } from '../subject/process-subject.ts';
import { toPlain } from './errors.ts';
import type { FromHelper, HelperData, ToHelper } from './messages.ts';

const { joined, settings, directory, program } = workerData as HelperData;
const clock = systemClock;

function say(message: FromHelper): void {
  parentPort?.postMessage(message);
}

const log: HolmesLog = {
  info: (message, fields = {}) => say({ kind: 'log', level: 'info', message, fields }),
  warn: (message, fields = {}) => say({ kind: 'log', level: 'warn', message, fields }),
};

const info: ProgramInfo = { ...program, node: process.version, pid: process.pid, host: hostname() };
const store = new DiskStore({ directory, limits: settings.limits, clock, log });
const monitor = new Monitor({
  settings,
  store,
  program: () => info,
  clock,
  log,
  onCapture: (record) => say({ kind: 'capture', record }),
});

async function answer(message: Extract<ToHelper, { kind: 'call' }>): Promise<void> {
  const { id, method, args } = message;
  try {
    // The other side has the same table of methods, and the compiler has seen its arguments.
    const call = monitor[method].bind(monitor) as (...values: readonly unknown[]) => unknown;
    say({ kind: 'answer', id, value: await call(...args) });
  } catch (cause) {
    say({ kind: 'refusal', id, error: toPlain(cause) });
  }
}

parentPort?.on('message', (message: ToHelper) => {
  if (message.kind === 'call') void answer(message);
  else void monitor.close().then(() => say({ kind: 'closed' }));
});

monitor.add(new MainSubject({ joined, clock, recorder: settings.recorder }));
monitor.add(new ProcessSubject({ clock }));
await store.open();
await monitor.start();
say({ kind: 'ready' });
