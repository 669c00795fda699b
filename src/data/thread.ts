/** Entry of a data thread: a worker that applies snapshots and carries traffic. Nothing of the control thread is loaded here. */
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock, systemRandom } from '../base/index.ts';
import { netContext } from '../net/index.ts';
import { CounterStore, type SpanRecord } from '../telemetry/index.ts';
import { DataPlane } from './data-plane.ts';
import { Heartbeat } from './heartbeat.ts';
import type { FromData, Snapshot, ThreadData, ToData } from './snapshot.ts';

// How much V8 puts into one function, in bytes of bytecode: 920 by default, which cuts an exchange into a dozen pieces
// (docs/decisions/0018).
setFlagsFromString('--max-inlined-bytecode-size-cumulative=2500');

const sweepMs = 1000;
/** Spans wait this long, or until there are so many, for the message that takes them along. */
const spanFlushMs = 500;
const spanBatch = 256;

const port = parentPort;
if (port === null) throw new Error('this module runs as a worker thread only');
const { counters: memory, breakers, threads } = workerData as ThreadData;
const counters = new CounterStore(memory);
const net = netContext(systemClock);
const { clock } = net;

let spans: SpanRecord[] = [];
const plane = new DataPlane({
  net,
  counters,
  breakerMemory: breakers,
  random: systemRandom,
  threads,
  send,
  emitSpan(span) {
    spans.push(span);
    if (spans.length >= spanBatch) flushSpans();
  },
});

clock.every(net.wheel.tickMs, () => net.wheel.advance(clock.now()));
clock.every(sweepMs, () => plane.sweep());
clock.every(spanFlushMs, flushSpans);
new Heartbeat(clock, counters).start();

let queue: Promise<void> = Promise.resolve();
port.on('message', (message: ToData) => {
  switch (message.kind) {
    case 'snapshot':
      queue = queue.then(() => applySnapshot(message.snapshot));
      break;
    case 'drain':
      queue = queue.then(() => drain(message.deadlineMs));
      break;
    case 'discourage':
      plane.discourage(message.on);
      break;
    case 'edges-taken':
      plane.acknowledgeEdges();
      break;
    case 'access-log-written':
      plane.acknowledgeAccessLog(message.path, message.bytes);
      break;
  }
});

async function applySnapshot(snapshot: Snapshot): Promise<void> {
  const applied = await plane.apply(snapshot);
  net.turn.end();
  send({ kind: 'applied', version: snapshot.version, ...applied });
}

/** Stops accepting, waits until the last connection has gone or the time is up, and says so. */
async function drain(deadlineMs: number): Promise<void> {
  plane.drain();
  const end = clock.now() + deadlineMs;
  while (plane.openConnections > 0 && clock.now() < end) await pause(Math.min(20, end - clock.now()));
  const cut = plane.cut();
  flushSpans();
  send({ kind: 'drained', cut });
}

function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(ms, resolve);
  return promise;
}

function flushSpans(): void {
  if (spans.length === 0) return;
  send({ kind: 'spans', spans });
  spans = [];
}

function send(message: FromData, transfer: readonly ArrayBuffer[] = []): void {
  port!.postMessage(message, [...transfer]);
}
