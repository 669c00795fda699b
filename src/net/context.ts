/** What every connection of one data thread shares. */
import { type Clock, TimerWheel, type TurnClock } from '../base/index.ts';
import { Turn } from './turn.ts';

const readBytes = 64 * 1024;

export interface NetContext {
  /** Begun by every event of a connection. */
  readonly turn: Turn;
  /** The turn's. */
  readonly clock: TurnClock;
  readonly wheel: TimerWheel;
  /** All reads of the thread go through this one buffer: a read is handed over before the next one starts. */
  readonly readBuffer: Buffer;
}

/** `source`: the machine's clock, or a test's. */
export function netContext(source: Clock): NetContext {
  const turn = new Turn(source);
  const { clock } = turn;
  return {
    turn,
    clock,
    wheel: new TimerWheel({ nowMs: clock.now(), clock }),
    readBuffer: Buffer.allocUnsafeSlow(readBytes),
  };
}
