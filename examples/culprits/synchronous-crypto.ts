/** A password is checked on the event loop: the right algorithm, called the wrong way. */
import { pbkdf2Sync } from 'node:crypto';
import { type Culprit, type CulpritOptions, defaultBlockMs } from './culprit.ts';
import { againFor } from './pace.ts';

function passwordHash(password: string, salt: string, rounds: number): Buffer {
  return pbkdf2Sync(password, salt, rounds, 64, 'sha512');
}

export function synchronousCrypto(options: CulpritOptions = {}): Culprit {
  const blockMs = options.blockMs ?? defaultBlockMs;
  return {
    name: 'synchronous-crypto',
    summary: 'computes a password hash with pbkdf2Sync on the event loop',
    capture: 'cpu',
    guilty: 'passwordHash',
    file: 'synchronous-crypto.ts',
    statement: 'pbkdf2Sync(password',
    strike() {
      // 10,000 rounds take about 10 ms: the call is as long as the block.
      againFor(blockMs, () => void passwordHash('open sesame', 'pepper', Math.ceil(blockMs * 700)));
    },
    stop() {},
  };
}
