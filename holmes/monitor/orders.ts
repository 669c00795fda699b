/** Orders for captures, each sort with what it needs. Pure. */
import type { CaptureOrder } from '../capture/order.ts';
import type { Decision } from '../rule/decision.ts';
import type { RecorderSettings } from '../settings.ts';
import type { CaptureKind } from '../subject/subject.ts';

type Cause = Pick<Decision, 'id' | 'at' | 'rule' | 'reason'>;

function order(kind: CaptureKind, cause: Cause, rest: Partial<CaptureOrder>): CaptureOrder {
  const { id: decisionId, at, rule, reason } = cause;
  const quiet = { beforeMs: 0, afterMs: 0, armMs: 0, silentMs: 0, urgent: false, detail: '' };
  return { kind, rule, reason, decisionId, at, ...quiet, ...rest };
}

/** What led to the jump and what follows. */
export function orderOfRule(kind: CaptureKind, cause: Cause, recorder: RecorderSettings): CaptureOrder {
  const { beforeMs, afterMs, armMs } = recorder;
  return order(kind, cause, { beforeMs, afterMs, armMs });
}

/** At once, while the thread is stuck. */
export function orderOfStall(cause: Cause, silentMs: number, recorder: RecorderSettings): CaptureOrder {
  return order('cpu', cause, { beforeMs: recorder.beforeMs, silentMs, urgent: true });
}

/** At once, because the thread may not live long. */
export function urgentOrder(
  kind: CaptureKind,
  cause: Cause,
  recorder: RecorderSettings,
  detail: string,
): CaptureOrder {
  return order(kind, cause, { beforeMs: recorder.beforeMs, urgent: true, detail });
}

/** As somebody asked for it. */
export function orderOfRequest(
  kind: CaptureKind,
  cause: Cause,
  seconds: number | undefined,
  recorder: RecorderSettings,
): CaptureOrder {
  if (seconds === undefined) return orderOfRule(kind, cause, recorder);
  return order(kind, cause, { afterMs: seconds * 1000, armMs: seconds * 1000 });
}
