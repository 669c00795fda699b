/** A worker that starts and never beats. */
import { parentPort } from 'node:worker_threads';

parentPort!.on('message', () => {});
