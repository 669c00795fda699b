/**
 * Hysteresis: when an answer changes the status. A status follows what a whole row of answers supports, so that a check
 * that flaps does not flap the node with it.
 */
import type { ComponentStatus } from './component.ts';
import { canServe, severityOf } from './severity.ts';

/** A status, and the row of answers that disagree with it in one direction. */
export interface Standing {
  readonly status: ComponentStatus;
  /** Worse: above 0; better: below 0; so many in a row. 0: the last answer agreed. */
  readonly row: number;
  /** What every answer of the row supports: the mildest of those that are worse, the worst of those that are better. */
  readonly supported: ComponentStatus;
}

export interface Patience {
  /** Answers in a row, from 1. */
  readonly failAfter: number;
  readonly recoverAfter: number;
}

export const firstStanding: Standing = { status: 'starting', row: 0, supported: 'starting' };

/**
 * What one more answer makes of a standing. At once counts what is no matter of luck: an answer `stopped`, leaving
 * `stopped`, and the end of `starting`. Else the status moves after `failAfter` worse or `recoverAfter` better answers
 * in a row, and only as far as all of them go.
 */
export function weigh(standing: Standing, answered: ComponentStatus, patience: Patience): Standing {
  const { status } = standing;
  if (answered === status) return settled(status);
  if (answered === 'stopped' || status === 'stopped') return settled(answered);
  if (status === 'starting' && canServe(answered)) return settled(answered);
  const worse = severityOf(answered) > severityOf(status);
  const goesOn = standing.row !== 0 && standing.row > 0 === worse;
  const supported = goesOn ? nearer(standing.supported, answered, worse) : answered;
  const length = goesOn ? Math.abs(standing.row) + 1 : 1;
  if (length >= (worse ? patience.failAfter : patience.recoverAfter)) return settled(supported);
  return { status, row: worse ? length : -length, supported };
}

function settled(status: ComponentStatus): Standing {
  return { status, row: 0, supported: status };
}

function nearer(a: ComponentStatus, b: ComponentStatus, worse: boolean): ComponentStatus {
  return severityOf(a) < severityOf(b) === worse ? a : b;
}
