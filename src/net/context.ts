/** What every connection of one data thread shares. */
import { type Clock, TimerWheel, type TurnClock } from '../base/index.ts';
import { ThreadMemory } from './thread-memory.ts';
import { Turn } from './turn.ts';

export interface NetContext {
  readonly memory: ThreadMemory;
  /** Begun and ended by every event of a connection. */
  readonly turn: Turn;
  /** The turn's. */
  readonly clock: TurnClock;
  readonly wheel: TimerWheel;
}

/** `source`: the machine's clock, or a test's. */
export function netContext(source: Clock): NetContext {
  const memory = new ThreadMemory();
  const turn = new Turn(source, memory);
  const { clock } = turn;
  return { memory, turn, clock, wheel: new TimerWheel({ nowMs: clock.now(), clock }) };
}
