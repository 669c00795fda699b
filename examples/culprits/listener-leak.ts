/** Each request listens for changes of the configuration and never stops listening: what it captured stays with it. */
import { EventEmitter } from 'node:events';
import { type Culprit, type CulpritOptions, defaultLeakBytes } from './culprit.ts';

const changes = new EventEmitter();

function followChanges(fields: number): void {
  const view = Array.from({ length: fields }, (_, field) => ({ field, seen: 0 }));
  changes.on('change', () => {
    for (const entry of view) entry.seen++;
  });
}

export function listenerLeak(options: CulpritOptions = {}): Culprit {
  // As a server calls it: a function that is called directly can be made part of its caller, and then that has its name.
  const requests = new EventEmitter().on('request', followChanges);
  return {
    name: 'listener-leak',
    summary: 'adds a listener to a shared emitter for each request and never removes it',
    capture: 'heap',
    guilty: 'followChanges',
    file: 'listener-leak.ts',
    statement: 'function followChanges(',
    strike() {
      // An entry with its slot takes about 40 bytes.
      requests.emit('request', Math.ceil((options.leakBytes ?? defaultLeakBytes) / 40));
    },
    stop() {
      changes.removeAllListeners();
    },
  };
}
