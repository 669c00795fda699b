/** Flagger's rules for one interval of a canary's analysis, in the order in which its scheduler asks the hooks. */
import type { FlaggerHook } from '../../../../../health/verdict/contracts/flagger.ts';
import type { HookAnswer } from '../../../../../health/verdict/contracts/hook-answer.ts';

export type HookType = 'confirm-traffic-increase' | 'confirm-promotion' | 'rollout' | 'rollback' | 'event';

export interface Webhook {
  readonly type: HookType;
  /** The hook of ours that its URL names. */
  readonly hook: FlaggerHook;
}

export interface CanarySpec {
  readonly stepWeight: number;
  readonly maxWeight: number;
  readonly threshold: number;
  readonly webhooks: readonly Webhook[];
}

export type CanaryPhase = 'Progressing' | 'WaitingPromotion' | 'Succeeded' | 'Failed';

/** 204 and 3xx do not pass, nor does silence. */
function passes(answer: HookAnswer | null): boolean {
  return answer !== null && answer.status >= 200 && answer.status <= 202;
}

export class Canary {
  readonly #spec: CanarySpec;
  weight = 0;
  failedChecks = 0;
  phase: CanaryPhase = 'Progressing';

  constructor(spec: CanarySpec) {
    this.#spec = spec;
  }

  /** One interval; `ask` posts to a hook. */
  advance(ask: (hook: FlaggerHook) => HookAnswer | null): CanaryPhase {
    if (this.phase === 'Succeeded' || this.phase === 'Failed') return this.phase;
    const all = (type: HookType): boolean =>
      this.#spec.webhooks.filter((webhook) => webhook.type === type).every(({ hook }) => passes(ask(hook)));
    const asked = (type: HookType): boolean => this.#spec.webhooks.some((webhook) => webhook.type === type);
    if (asked('rollback') && all('rollback')) return this.#to('Failed');
    if (this.failedChecks >= this.#spec.threshold) return this.#to('Failed');
    if (!all('rollout')) {
      this.failedChecks += 1;
      return this.phase;
    }
    if (this.weight < this.#spec.maxWeight) {
      if (all('confirm-traffic-increase'))
        this.weight = Math.min(this.#spec.maxWeight, this.weight + this.#spec.stepWeight);
      return this.phase;
    }
    return this.#to(all('confirm-promotion') ? 'Succeeded' : 'WaitingPromotion');
  }

  #to(phase: CanaryPhase): CanaryPhase {
    this.phase = phase;
    if (phase === 'Failed') this.weight = 0;
    return phase;
  }
}
