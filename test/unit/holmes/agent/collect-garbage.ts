/** A full garbage collection, for tests that ask whether something is still held. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects until `isDone`; WeakRefs let go between two turns of the loop only. Gives up after 50 rounds. */
export async function collectUntil(isDone: () => boolean): Promise<boolean> {
  for (let round = 0; round < 50; round++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    collect();
    if (isDone()) return true;
  }
  return false;
}
