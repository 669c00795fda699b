/** A thread with some innocent work and one culprit, which strikes every 15 ms once it is told to. */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { CulpritOptions } from '../../../../examples/culprits/culprit.ts';
import { type CulpritName, culprits } from '../../../../examples/culprits/table.ts';

const { name, options } = workerData as { readonly name: CulpritName; readonly options: CulpritOptions };
const culprit = culprits[name](options);
const rows = new Map<number, string>();
let rounds = 0;
let strikes = 0;

function digestRows(): void {
  const hash = createHash('sha256');
  for (let row = 0; row < 200; row++) hash.update(`row ${row} of round ${rounds}`);
  // Bounded: an honest cache.
  rows.set(rounds++ % 100, hash.digest('hex'));
}

setInterval(digestRows, 5);
parentPort?.on('message', () => {
  setInterval(() => {
    culprit.strike();
    parentPort?.postMessage({ strikes: ++strikes });
  }, 15);
});
parentPort?.postMessage({ strikes });
