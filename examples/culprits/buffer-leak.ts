/** Each body is kept in case it has to be sent again, and nothing ever takes it out. */
import { type Culprit, type CulpritOptions, defaultLeakBytes } from './culprit.ts';

function keepForRetry(kept: Buffer[], bytes: number): void {
  const body = Buffer.alloc(bytes, 'x');
  kept.push(body);
}

export function bufferLeak(options: CulpritOptions = {}): Culprit {
  const kept: Buffer[] = [];
  return {
    name: 'buffer-leak',
    summary: 'keeps the body of each request in a buffer for a retry that never comes',
    capture: 'handles',
    guilty: 'keepForRetry',
    file: 'buffer-leak.ts',
    statement: 'Buffer.alloc(bytes',
    strike() {
      keepForRetry(kept, options.leakBytes ?? defaultLeakBytes);
    },
    stop() {
      kept.length = 0;
    },
  };
}
