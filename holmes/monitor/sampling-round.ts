/** The five-second cycle: every subject is sampled, every rule judges against what went before, then the ring takes it. */
import type { Clock } from '../clock.ts';
import type { Readings } from '../reading.ts';
import type { CaptureBudget } from '../rule/budget.ts';
import type { Cooldowns } from '../rule/cooldown.ts';
import { type Decision, Verdict } from '../rule/decision.ts';
import type { DecisionLog } from '../rule/decision-log.ts';
import { judge } from '../rule/judge.ts';
import { RuleName, ruleTable } from '../rule/rule.ts';
import type { Settings } from '../settings.ts';
import type { Captures } from './captures.ts';
import { orderOfRule } from './orders.ts';
import type { Post } from './post.ts';
import { type StandIn, standInFor } from './stand-in.ts';
import { verdictOf } from './verdict.ts';

export interface RoundOptions {
  readonly posts: () => readonly Post[];
  readonly settings: () => Settings;
  readonly decisions: DecisionLog;
  readonly cooldowns: Cooldowns;
  readonly budget: CaptureBudget;
  readonly captures: Captures;
  readonly clock: Clock;
}

/** Captures that use what is recorded anyway. */
const cheap: ReadonlySet<string> = new Set(['cpu', 'stack']);

/** Rules that a full collection of garbage sets off. */
const pauses: ReadonlySet<RuleName> = new Set(['gc', 'event_loop_delay']);

export class SamplingRound {
  readonly #options: RoundOptions;
  /** CPU microseconds that rounds have taken. */
  #cpuUs = 0;

  constructor(options: RoundOptions) {
    this.#options = options;
  }

  get cpuSeconds(): number {
    return this.#cpuUs / 1e6;
  }

  run(): void {
    const before = process.threadCpuUsage();
    const posts = this.#options.posts().filter((post) => post.isWatched);
    // The process comes last: a thread that stands in for it is chosen by this round's readings.
    const sampled = posts
      .map((post) => ({ post, readings: post.subject.sample() }))
      .sort((a, b) => Number(a.post.subject.kind === 'process') - Number(b.post.subject.kind === 'process'));
    const processCpu = sampled.find(({ post }) => post.subject.kind === 'process')?.readings.cpu ?? 0;
    const at = this.#options.clock.wall();
    for (const { post, readings } of sampled) {
      const fired = this.#judgeAll(post, readings, processCpu);
      post.ring.push(at, readings);
      // Ordered once the ring has this reading, too.
      for (const order of fired) order();
    }
    const { user, system } = process.threadCpuUsage(before);
    this.#cpuUs += user + system;
  }

  #judgeAll(post: Post, readings: Readings, processCpu: number): (() => void)[] {
    const orders: (() => void)[] = [];
    const heapWasRead = post.takeHeapWasRead();
    for (const rule of RuleName) {
      if (!post.subject.readings.includes(ruleTable[rule].reading)) continue;
      const ourDoing = heapWasRead && pauses.has(rule);
      const order = this.#judge(post, rule, readings, { processCpu, ourDoing });
      if (order !== null) orders.push(order);
    }
    return orders;
  }

  #judge(
    post: Post,
    name: RuleName,
    readings: Readings,
    { processCpu, ourDoing }: { readonly processCpu: number; readonly ourDoing: boolean },
  ): (() => void) | null {
    const { settings, decisions, clock, cooldowns, budget, posts } = this.#options;
    const { rules, maxCpu } = settings();
    const rule = rules[name];
    const { reading } = ruleTable[name];
    const value = readings[reading] ?? Number.NaN;
    const judgement = judge({ reading, rule, before: post.ring.valuesOf(reading), value });
    post.averages.set(name, judgement.average);
    const nowMs = clock.now();
    if (judgement.fires) post.disturbedMs = nowMs;
    const standIn = judgement.fires ? standInFor(post, name, rule, posts()) : null;
    const { verdict, reason } = verdictOf(judgement, {
      enabled: rule.enabled,
      supported: standIn !== null,
      cooledDown: cooldowns.passed(post.name, name, nowMs, rule.cooldownMs),
      busy: standIn !== null && standIn.post.capturing !== null,
      stuck: standIn?.kind === 'cpu' && standIn.post.state === 'stuck',
      starved: name === 'event_loop_delay' && wasStarved(readings),
      ourDoing,
      withinBudget: budget.used(nowMs) < budget.perMinute,
      overloaded: processCpu >= maxCpu && !cheap.has(standIn?.kind ?? ''),
    });
    const decision = decisions.add({
      at: clock.wall(),
      subject: post.name,
      rule: name,
      verdict,
      by: judgement.by,
      reason,
      value: judgement.value,
      average: judgement.average,
      capture: standIn?.kind ?? null,
      captureId: null,
    });
    if (verdict !== Verdict.Capture || standIn === null) return null;
    cooldowns.note(post.name, name, nowMs);
    budget.take(nowMs);
    return () => this.#order(post, standIn, decision);
  }

  #order(post: Post, standIn: StandIn, decision: Decision): void {
    const { captures, settings } = this.#options;
    // Two rules may fire in one round; the first has it.
    if (standIn.post.capturing !== null) return;
    const reason = standIn.post === post ? decision.reason : `${post.subject.title}: ${decision.reason}`;
    captures.order(standIn.post, orderOfRule(standIn.kind, { ...decision, reason }, settings().recorder));
  }
}

/** A thread under a CPU quota of half a core waits as long as it runs; one that hardly runs and yet waits is a victim. */
function wasStarved({ cpu, cpu_wait: wait }: Readings): boolean {
  return cpu !== undefined && wait !== undefined && wait > 2 * cpu;
}
