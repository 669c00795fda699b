/** Waiting for a state of another process that tells nobody when it changes: looks again and again, for a bounded time. */
import { setTimeout as pause } from 'node:timers/promises';

/** Far beyond what anything here takes, also on a busy machine. */
const patienceMs = 12_000;
/** Between two looks, so that looking does not take the core from what is looked at. */
const breathMs = 10;

/** The first answer of `look` that is not `undefined`. `what` says in the error what was awaited. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  what: () => string,
  ms: number = patienceMs,
): Promise<T> {
  const endMs = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > endMs) throw new Error(`looked for ${ms} ms in vain for ${what()}`);
    await pause(breathMs);
  }
}

/** Waits until it holds. */
export async function becomesTrue(
  look: () => boolean | Promise<boolean>,
  what: () => string,
  ms: number = patienceMs,
): Promise<void> {
  await eventually(async () => ((await look()) ? true : undefined), what, ms);
}
