/** From a judgement to what is done about it. Pure: everything that stands in the way of a capture is told, in order. */
import { Verdict } from '../rule/decision.ts';
import type { Judgement } from '../rule/judge.ts';

export interface Circumstances {
  readonly enabled: boolean;
  /** The subject, or a thread in its place, can give such a capture. */
  readonly supported: boolean;
  readonly cooledDown: boolean;
  /** Of the subject: a capture is being taken. */
  readonly busy: boolean;
  /** The subject does not answer: the watchdog has captured that, and the rest follows from it. */
  readonly stuck: boolean;
  /** It waited longer for a core than it ran: its timers are late for no fault of its own. */
  readonly starved: boolean;
  /** The pause that was measured is one that a reading of the heap has made. */
  readonly ourDoing: boolean;
  readonly withinBudget: boolean;
  /** CPU of the process is so high that a capture which costs something would make it worse. */
  readonly overloaded: boolean;
}

/** The judgement's own words, and behind them what stood in the way. */
export function verdictOf(
  judgement: Judgement,
  circumstances: Circumstances,
): { readonly verdict: Verdict; readonly reason: string } {
  const { reason } = judgement;
  if (!circumstances.enabled) return { verdict: Verdict.Disabled, reason: 'the rule is switched off' };
  if (judgement.tooLoaded) return { verdict: Verdict.TooLoaded, reason };
  if (!judgement.fires) return { verdict: Verdict.Quiet, reason };
  const refused = (verdict: Verdict, why: string) => ({ verdict, reason: `${reason}; no capture: ${why}` });
  if (!circumstances.supported)
    return refused(Verdict.Unsupported, 'nothing here can be profiled in this way');
  if (circumstances.stuck) return refused(Verdict.Busy, 'the thread is stuck, which has been captured');
  if (circumstances.ourDoing)
    return refused(Verdict.Busy, 'the heap was read meanwhile, which stops the thread');
  if (circumstances.starved) return refused(Verdict.TooLoaded, 'the thread got no core when it wanted one');
  if (!circumstances.cooledDown) return refused(Verdict.Cooldown, 'the last one by this rule is too recent');
  if (circumstances.busy) return refused(Verdict.Busy, 'another one is being taken');
  if (circumstances.overloaded) return refused(Verdict.TooLoaded, 'the CPU is too busy for one that costs');
  if (!circumstances.withinBudget)
    return refused(Verdict.Budget, 'there have been too many in the last minute');
  return { verdict: Verdict.Capture, reason };
}
