/**
 * A stand-in for the data thread: a worker that beats, answers snapshots, and misbehaves when told to. Orders come in
 * `snapshot.config.node.release`, separated by commas, each `<thread>:<order>` or `*:<order>`; an order is carried out
 * whenever a snapshot that holds it is applied.
 */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromData, Snapshot, ThreadData, ToData } from '../../../src/data/snapshot.ts';
import { CounterStore, ThreadSlot } from '../../../src/telemetry/index.ts';

const port = parentPort!;
const { thread, counters: memory } = workerData as ThreadData;
const counters = new CounterStore(memory);
counters.add(ThreadSlot.heartbeat, 1);
const beat = setInterval(() => counters.add(ThreadSlot.heartbeat, 1), 20);
let discouraged = false;

function send(message: FromData): void {
  port.postMessage(message);
}

function ordersOf(snapshot: Snapshot): string[] {
  return snapshot.config.node.release
    .split(',')
    .map((order) => order.split(':') as [string, string])
    .filter(([who]) => who === '*' || who === String(thread))
    .map(([, order]) => order);
}

function applied(snapshot: Snapshot, failing: boolean): void {
  const listeners = snapshot.config.listeners;
  send({
    kind: 'applied',
    version: snapshot.version,
    failures: failing
      ? listeners.map(({ name, address }) => ({
          listener: name,
          address,
          code: 'EADDRINUSE',
          message: 'address already in use',
        }))
      : [],
    listening: failing ? [] : listeners.map(({ name, address }) => ({ listener: name, address })),
  });
}

const orders: Record<string, (snapshot: Snapshot) => void> = {
  crash: () => {
    setImmediate(() => {
      throw new RangeError('the test told me to crash');
    });
  },
  throwString: () => {
    setImmediate(() => {
      throw 'just text';
    });
  },
  heap: () => {
    const hoard: unknown[] = [];
    for (;;) hoard.push({ item: hoard.length, list: [1, 2, 3] });
  },
  spin: () => {
    for (;;);
  },
  /** Sits in native code until somebody writes to the named pipe. */
  native: ({ config }) => void readFileSync(config.node.version),
  spin2s: () => {
    const end = Date.now() + 2000;
    while (Date.now() < end);
  },
  exit3: () => process.exit(3),
  print: () => {
    process.stdout.write('first line\nsecond ');
    process.stdout.write('line\n');
    process.stderr.write('an error line\n');
  },
  still: () => clearInterval(beat),
  beat: () => counters.add(ThreadSlot.heartbeat, 1),
  count: () => counters.add(ThreadSlot.localReplies, 1),
  outlier: () =>
    send({ kind: 'outlier', cluster: 'app', endpoint: '127.0.0.1:3000', failure: 'consecutive-5xx' }),
  log: ({ version, config }) =>
    send({
      kind: 'log',
      level: 'warn',
      message: 'said by the thread',
      fields: { discouraged, version, config: JSON.stringify(config) },
    }),
  span: () =>
    send({
      kind: 'spans',
      spans: [
        {
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: 'b7ad6b7169203331',
          parentSpanId: null,
          name: 'GET',
          kind: 'server',
          startMs: 1,
          endMs: 2,
          error: false,
          attributes: {},
        },
      ],
    }),
  access: ({ config }) => {
    const path = config.listeners[0]?.accessLogs[0]?.path ?? 'none';
    send({ kind: 'access-log', path, lines: new TextEncoder().encode(`line of thread ${thread}\n`) });
  },
};

port.on('message', (message: ToData) => {
  if (message.kind === 'edges-taken') return;
  if (message.kind === 'discourage') {
    discouraged = message.on;
    return;
  }
  if (message.kind === 'access-log-written') {
    const { path, bytes } = message;
    send({ kind: 'log', level: 'info', message: 'written', fields: { path, bytes } });
    return;
  }
  if (message.kind === 'drain') {
    clearInterval(beat);
    send({ kind: 'drained', cut: thread });
    return;
  }
  const todo = ordersOf(message.snapshot);
  const late = todo.includes('applyFirst');
  if (late) applied(message.snapshot, false);
  for (const order of todo) orders[order]?.(message.snapshot);
  if (!late && !todo.includes('mute')) applied(message.snapshot, todo.includes('unbindable'));
});
