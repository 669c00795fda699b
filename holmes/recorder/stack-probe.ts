/**
 * Looks at the live stack of a thread that runs: stops it with the debugger, reads the frames, lets it go. It needs
 * running JavaScript; a thread at rest or in native code gives nothing, and is not left with an order to stop.
 */
import type { Clock } from '../clock.ts';
import type { Link } from '../link/link.ts';
import type { Frame, StackSample } from '../profile/handle-profile.ts';

export interface StackProbeOptions {
  readonly link: Link;
  readonly clock: Clock;
  /** How long to wait for the thread at every step; default 500. */
  readonly stepTimeoutMs?: number;
}

/** A frame as the debugger gives it, counted from 0. */
interface CallFrame {
  readonly functionName: string;
  /** Empty in the V8 of today, which tells it by `Debugger.scriptParsed` only. */
  readonly url: string;
  readonly location: {
    readonly scriptId: string;
    readonly lineNumber: number;
    readonly columnNumber?: number;
  };
}

/** A runaway recursion has ten thousand. */
const maxFrames = 64;

export class StackProbe {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #stepTimeoutMs: number;
  /** Until the thread is known to be without a debugger again. */
  #busy = false;

  constructor({ link, clock, stepTimeoutMs = 500 }: StackProbeOptions) {
    this.#link = link;
    this.#clock = clock;
    this.#stepTimeoutMs = stepTimeoutMs;
  }

  /**
   * At most `count` looks, fewer or none when the thread runs no JavaScript meanwhile. While an earlier call is not
   * answered there are none: nothing piles up in a thread that is stuck in native code. Rejects with a `LinkError` when
   * the link is closed.
   */
  async look(count: number): Promise<readonly StackSample[]> {
    if (this.#busy) return [];
    this.#busy = true;
    const stops: { readonly at: number; readonly callFrames: readonly CallFrame[] }[] = [];
    const urls = new Map<string, string>();
    let resumed: (() => void) | null = null;
    const listeners = [
      this.#link.on('Debugger.paused', (params) => {
        // First of all: whatever fails below, the thread goes on.
        this.#link.post('Debugger.resume').catch(() => undefined);
        const { callFrames } = params as { readonly callFrames: readonly CallFrame[] };
        if (stops.length < count) stops.push({ at: this.#clock.wall(), callFrames });
      }),
      this.#link.on('Debugger.scriptParsed', (params) => {
        const { scriptId, url } = params as { readonly scriptId: string; readonly url: string };
        urls.set(scriptId, url);
      }),
      // A pause that is asked for before that is lost.
      this.#link.on('Debugger.resumed', () => resumed?.()),
    ];
    try {
      const enabled = this.#link.post('Debugger.enable', undefined, Number.POSITIVE_INFINITY);
      if (!(await this.#within(enabled.then(() => true)))) return [];
      while (stops.length < count) {
        const { promise, resolve } = Promise.withResolvers<true>();
        resumed = () => resolve(true);
        const paused = this.#link.post('Debugger.pause').then(async () => promise);
        if (!(await this.#within(paused))) break;
      }
      return stops.map(({ at, callFrames }) => ({ at, frames: framesOf(callFrames, urls) }));
    } finally {
      await this.#within(this.#leaveThread(listeners).then(() => true));
    }
  }

  async #leaveThread(listeners: readonly (() => void)[]): Promise<void> {
    // Also takes back an order to stop that has found no running code.
    await this.#link.post('Debugger.disable', undefined, Number.POSITIVE_INFINITY).catch(() => undefined);
    for (const leave of listeners) leave();
    this.#busy = false;
  }

  /** False when it takes longer than a step may. */
  async #within(step: Promise<true>): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<false>();
    const timer = this.#clock.after(this.#stepTimeoutMs, () => resolve(false));
    try {
      return await Promise.race([step, late]);
    } finally {
      timer.cancel();
    }
  }
}

function framesOf(callFrames: readonly CallFrame[], urls: ReadonlyMap<string, string>): readonly Frame[] {
  return callFrames.slice(0, maxFrames).map(({ functionName, url, location }) => ({
    functionName,
    url: url === '' ? (urls.get(location.scriptId) ?? '') : url,
    line: location.lineNumber + 1,
    column: (location.columnNumber ?? 0) + 1,
  }));
}
