export { formatAddress } from './address.ts';
export { type Clock, systemClock, type Timer } from './clock.ts';
export { type ErrorCode, formatProblem, MeshlockError, type Problem } from './errors.ts';
export { hash32 } from './hash.ts';
export { ManualClock } from './manual-clock.ts';
export { didYouMean, nearestName } from './nearest.ts';
export { type Random, seededRandom, systemRandom } from './random.ts';
export { Deadline, type DeadlineOwner, TimerWheel } from './timer-wheel.ts';
export { TurnClock } from './turn-clock.ts';
