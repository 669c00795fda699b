/** A thread that races others for two places, and tells how many holders it ever saw. */
import { parentPort, workerData } from 'node:worker_threads';
import { CircuitBreakers } from '../../../src/cluster/circuit-breakers.ts';
import { clusterSlot, countersFor } from './cluster-fixture.ts';

interface RacerData {
  readonly memory: SharedArrayBuffer;
  readonly index: number;
  /** Two integers: who is ready, and who holds a place. */
  readonly scratch: number;
  readonly racers: number;
}

const { memory, index, scratch, racers } = workerData as RacerData;
const gauges = new Int32Array(memory);
const [ready, holders] = [scratch, scratch + 1];
const breakers = new CircuitBreakers({
  config: { maxConnections: 1, maxPending: 1, maxRequests: 2, maxRetries: 1, retryBudget: null },
  gauges,
  index,
  counters: countersFor(1),
  slot: clusterSlot,
});

Atomics.add(gauges, ready, 1);
Atomics.notify(gauges, ready);
for (let seen = Atomics.load(gauges, ready); seen < racers; seen = Atomics.load(gauges, ready)) {
  Atomics.wait(gauges, ready, seen, 10_000);
}

let taken = 0;
let most = 0;
for (let n = 0; n < 300_000; n++) {
  if (!breakers.tryRequest()) continue;
  taken++;
  most = Math.max(most, Atomics.add(gauges, holders, 1) + 1);
  Atomics.sub(gauges, holders, 1);
  breakers.releaseRequest();
}
parentPort!.postMessage({ taken, most });
