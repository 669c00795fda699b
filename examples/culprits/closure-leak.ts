/** Each request leaves a function to be called at shutdown, and the function keeps the whole request alive until then. */
import { EventEmitter } from 'node:events';
import { type Culprit, type CulpritOptions, defaultLeakBytes } from './culprit.ts';

const cleanUps: (() => number)[] = [];

function cleanUpLater(rows: number): void {
  const report = new Array<number>(rows).fill(0.5);
  cleanUps.push(() => report.reduce((sum, row) => sum + row, 0));
}

export function closureLeak(options: CulpritOptions = {}): Culprit {
  // As a server calls it: a function that is called directly can be made part of its caller, and then that has its name.
  const requests = new EventEmitter().on('request', cleanUpLater);
  return {
    name: 'closure-leak',
    summary: 'leaves a function for the shutdown that keeps each request alive',
    capture: 'heap',
    guilty: 'cleanUpLater',
    file: 'closure-leak.ts',
    statement: 'function cleanUpLater(',
    strike() {
      requests.emit('request', Math.ceil((options.leakBytes ?? defaultLeakBytes) / 8));
    },
    stop() {
      cleanUps.length = 0;
    },
  };
}
