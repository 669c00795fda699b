/**
 * The look ten times a second at what shared memory says of every thread: whether it still answers, whether it nears the
 * end of its memory, whether it is about to die of an error. Nothing here waits for the thread.
 */
import { type Decision, Verdict } from '../rule/decision.ts';
import type { Occasion } from '../rule/rule.ts';
import type { CaptureKind, Pulse } from '../subject/subject.ts';
import { orderOfStall, urgentOrder } from './orders.ts';
import type { Post } from './post.ts';
import type { RoundOptions } from './sampling-round.ts';

/** Between two readings of a stuck thread's heap: so long at least, and so many times as long as the last one took. */
const minHeapPauseMs = 500;
const heapPauseFactor = 9;

export class WatchRound {
  readonly #options: RoundOptions;

  constructor(options: RoundOptions) {
    this.#options = options;
  }

  run(): void {
    for (const post of this.#options.posts()) {
      if (!post.isWatched) continue;
      const pulse = post.subject.pulse();
      if (pulse === null) continue;
      this.#lookAtLastWords(post, pulse);
      this.#lookAtMemory(post, pulse);
      this.#lookAtBeats(post, pulse);
    }
  }

  // watched -> stuck -> watched
  #lookAtBeats(post: Post, pulse: Pulse): void {
    const { clock, settings } = this.#options;
    const { stall } = settings();
    const silentMs = post.stall.look(pulse.beats, clock.now());
    const isStuck = stall.enabled && silentMs >= stall.afterMs && pulse.lastWords === 'none';
    if (!isStuck) {
      if (post.state === 'stuck') post.state = 'watched';
      post.stallSeen = false;
      return;
    }
    post.state = 'stuck';
    post.disturbedMs = clock.now();
    if (post.stallSeen) {
      void this.#rememberHeap(post);
      return;
    }
    // Ready to run but without a core: that is the machine's doing. It is looked at again as long as it lasts.
    if (post.subject.kernelState().kind === 'starved') return;
    post.stallSeen = true;
    this.#stalled(post, silentMs);
  }

  /**
   * A thread that does not turn does not tell how full its heap is either, and may fill it in one go. As long as it is
   * stuck its heap profile is read now and then, so that there is one when it dies. To read it makes V8 collect all garbage
   * first: so it comes behind the profile of the stall itself, which the thread answers before, and takes a tenth of the
   * thread's time at most.
   */
  async #rememberHeap(post: Post): Promise<void> {
    const { clock } = this.#options;
    const beganMs = clock.now();
    if (beganMs < post.nextHeapMs || !post.subject.captures.includes('heap')) return;
    post.nextHeapMs = Number.POSITIVE_INFINITY;
    try {
      post.noteHeap(await post.subject.heapProfile(), clock.wall());
    } catch {
      // It has gone, or is in native code: then the one before has to do.
    } finally {
      const tookMs = clock.now() - beganMs;
      post.nextHeapMs = clock.now() + Math.max(minHeapPauseMs, heapPauseFactor * tookMs);
    }
  }

  #stalled(post: Post, silentMs: number): void {
    const { settings, captures } = this.#options;
    const { stall, recorder } = settings();
    const reason = `${post.subject.title} has not answered for ${Math.round(silentMs)} ms (allowed: ${stall.afterMs} ms)`;
    const decision = this.#decide(post, 'stall', 'cpu', {
      reason,
      value: silentMs,
      cooldownMs: stall.cooldownMs,
    });
    if (decision.verdict === Verdict.Capture)
      captures.order(post, orderOfStall(decision, silentMs, recorder));
  }

  #lookAtMemory(post: Post, { heap }: Pulse): void {
    const { settings, captures } = this.#options;
    const { nearOutOfMemory, recorder } = settings();
    const level = post.reachedLevel(heap, nearOutOfMemory);
    if (level === null) return;
    post.noteLevel(level, nearOutOfMemory);
    const percent = (share: number) => `${Math.round(share * 100)} %`;
    const reason = `the heap of ${post.subject.title} has reached ${percent(heap)} of its limit (level ${percent(level)})`;
    const decision = this.#decide(post, 'near_out_of_memory', 'heap', { reason, value: heap, cooldownMs: 0 });
    if (decision.verdict === Verdict.Capture)
      captures.order(post, urgentOrder('heap', decision, recorder, percent(heap)));
  }

  #lookAtLastWords(post: Post, { lastWords, error }: Pulse): void {
    if (lastWords === 'none' || post.lastWordsSeen) return;
    post.lastWordsSeen = true;
    if (lastWords === 'exit') {
      // It is waited for by a thread that is on its way out.
      void post.subject.close();
      return;
    }
    const { settings, captures } = this.#options;
    const reason = `${post.subject.title} dies of an error that nobody caught: ${error}`;
    const decision = this.#decide(post, 'exception', 'cpu', { reason, value: Number.NaN, cooldownMs: 0 });
    if (decision.verdict !== Verdict.Capture) {
      post.subject.letGo();
      return;
    }
    const order = urgentOrder('cpu', decision, settings().recorder, error);
    const letGo = () => post.subject.letGo();
    captures.carryOut(post, order).then(letGo, letGo);
  }

  /** These occasions are not held up by another capture: the thread may not live to see its end. */
  #decide(
    post: Post,
    occasion: Occasion,
    capture: CaptureKind,
    { reason, value, cooldownMs }: { reason: string; value: number; cooldownMs: number },
  ): Decision {
    const { clock, cooldowns, budget, decisions } = this.#options;
    const nowMs = clock.now();
    post.disturbedMs = nowMs;
    let verdict: Verdict = Verdict.Capture;
    let why = '';
    if (!cooldowns.passed(post.name, occasion, nowMs, cooldownMs)) {
      verdict = Verdict.Cooldown;
      why = '; no capture: the last one is too recent';
    } else if (budget.take(nowMs)) {
      cooldowns.note(post.name, occasion, nowMs);
    } else {
      verdict = Verdict.Budget;
      why = '; no capture: there have been too many in the last minute';
    }
    return decisions.add({
      at: clock.wall(),
      subject: post.name,
      rule: occasion,
      verdict,
      by: 'abs',
      reason: reason + why,
      value,
      average: Number.NaN,
      capture,
      captureId: null,
    });
  }
}
