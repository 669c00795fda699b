/** What every connection of one data thread shares. */
import type { Clock, TimerWheel } from '../base/index.ts';
import type { Outbox } from './outbox.ts';

export interface NetContext {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly outbox: Outbox;
  /** All reads of the thread go through this one buffer: a read is handed over before the next one starts. */
  readonly readBuffer: Buffer;
}
