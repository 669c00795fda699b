/** Asks again and again until the answer will do or the time is over. */
import { MessageChannel } from 'node:worker_threads';
import type { Clock } from '../../base/index.ts';

export interface Patience {
  /** 0: asks once. */
  readonly waitMs: number;
  /** Between an answer and the next question; shortened at the end, so that the last question is at the end of the wait. */
  readonly pauseMs: number;
  readonly clock: Clock;
}

/** The last answer. Rejects as soon as `ask` does. */
export async function askUntil<T>(
  ask: () => Promise<T>,
  willDo: (answer: T) => boolean,
  { waitMs, pauseMs, clock }: Patience,
): Promise<T> {
  const endMs = clock.now() + waitMs;
  // Timers do not hold the process, and between two questions nothing else does.
  const { port1: hold } = new MessageChannel();
  hold.ref();
  try {
    for (;;) {
      const answer = await ask();
      if (clock.now() >= endMs || willDo(answer)) return answer;
      await pause(Math.min(pauseMs, Math.max(1, endMs - clock.now())), clock);
    }
  } finally {
    hold.close();
  }
}

function pause(ms: number, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(ms, resolve);
  return promise;
}
