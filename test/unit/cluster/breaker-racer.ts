/** A thread that races others for two places, and tells how many it ever saw taken. */
import { parentPort, workerData } from 'node:worker_threads';
import { CircuitBreakers } from '../../../src/cluster/circuit-breakers.ts';
import { clusterSlot, countersFor } from './cluster-fixture.ts';

const { memory, index } = workerData as { memory: SharedArrayBuffer; index: number };
const gauges = new Int32Array(memory);
const breakers = new CircuitBreakers({
  config: { maxConnections: 1, maxPending: 1, maxRequests: 2, maxRetries: 1, retryBudget: null },
  gauges,
  index,
  counters: countersFor(1),
  slot: clusterSlot,
});

let taken = 0;
let most = 0;
for (let n = 0; n < 200_000; n++) {
  if (!breakers.tryRequest()) continue;
  taken++;
  most = Math.max(most, Atomics.load(gauges, index + 2));
  breakers.releaseRequest();
}
parentPort!.postMessage({ taken, most });
