/** A cache without an end: keyed by something that never repeats, so nothing is found in it and nothing leaves it. */
import { EventEmitter } from 'node:events';
import { type Culprit, type CulpritOptions, defaultLeakBytes } from './culprit.ts';

interface Right {
  readonly resource: number;
  readonly allowed: boolean;
}

const rightsBySession = new Map<string, readonly Right[]>();

function remember(session: string, resources: number): void {
  const rights: Right[] = [];
  for (let resource = 0; resource < resources; resource++) rights.push({ resource, allowed: true });
  rightsBySession.set(session, rights);
}

export function growingMap(options: CulpritOptions = {}): Culprit {
  // As a server calls it: a function that is called directly can be made part of its caller, and then that has its name.
  const requests = new EventEmitter().on('login', remember);
  let logins = 0;
  return {
    name: 'growing-map',
    summary: 'caches the rights of each session under a key that never repeats',
    capture: 'heap',
    guilty: 'remember',
    file: 'growing-map.ts',
    statement: 'function remember(',
    strike() {
      // A right with its slot takes about 40 bytes.
      const resources = Math.ceil((options.leakBytes ?? defaultLeakBytes) / 40);
      requests.emit('login', `session-${++logins}`, resources);
    },
    stop() {
      rightsBySession.clear();
    },
  };
}
