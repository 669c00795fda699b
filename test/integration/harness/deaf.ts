/** A port on which connects neither succeed nor fail: the kernel's queue is full, and nobody accepts. */
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import { connectPeer, type Peer } from './peer.ts';
import { within } from './patience.ts';

/** Listens, tells the port, and stands still before it accepts anything. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(workerData), 0, 0);
});`;

/** Linux queues one connection more than the backlog, and drops every SYN beyond. */
const queued = 2;

/** Until the test is over. */
export async function deafPort(): Promise<number> {
  const gate = new SharedArrayBuffer(4);
  const worker = new Worker(program, { eval: true, workerData: gate });
  const { promise, resolve } = Promise.withResolvers<number>();
  worker.once('message', resolve);
  const port = await within(promise, () => 'the worker to listen');
  const fillers: Peer[] = [];
  for (let i = 0; i < queued; i++) fillers.push(await connectPeer(port));
  onTestFinished(async () => {
    for (const filler of fillers) filler.destroy();
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    await worker.terminate();
  });
  return port;
}
