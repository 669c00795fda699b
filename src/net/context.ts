/** What every connection of one data thread shares. */
import type { TimerWheel, TurnClock } from '../base/index.ts';
import type { Outbox } from './outbox.ts';

export interface NetContext {
  /** Begun by every event of a connection. */
  readonly clock: TurnClock;
  readonly wheel: TimerWheel;
  readonly outbox: Outbox;
  /** All reads of the thread go through this one buffer: a read is handed over before the next one starts. */
  readonly readBuffer: Buffer;
}
