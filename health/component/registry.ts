/**
 * The components of a program and what is known of them. Checks run in the background; whoever wants to know reads the
 * snapshot, which is made anew when something changes and never when somebody asks.
 */
import type { Clock, Timer } from '../clock.ts';
import type { HealthLog } from '../log.ts';
import { oneLine } from './answer.ts';
import type { Component, ComponentView, HealthSnapshot, Transition } from './component.ts';
import { Listeners } from './listeners.ts';
import { Member, type MemberChange } from './member.ts';
import { severityOf, wholeStatus } from './severity.ts';
import { TransitionRing } from './transition-ring.ts';

/** The snapshot is copied at each answer, and a scrape writes all of it. */
const maxComponents = 10_000;
/** Lines that the probes have beside the components. */
const reservedNames: ReadonlySet<string> = new Set(['ping', 'started', 'traffic-gate']);
/** Closing waits so long for checks that were told to stop. */
const closeWaitMs = 1000;

export interface RegistryOptions {
  readonly clock: Clock;
  /** From 0 up to 1: spreads the checks. */
  readonly random: () => number;
  readonly log: HealthLog;
  /** The id of a capture that was taken about a time (Unix milliseconds), or empty: links the history to it. */
  readonly captureNear?: (at: number) => string;
}

export class HealthRegistry {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: HealthLog;
  readonly #members = new Map<string, Member>();
  readonly #transitions: TransitionRing;
  readonly #onTransition: Listeners<Transition>;
  readonly #onChange: Listeners<HealthSnapshot>;
  #snapshot: HealthSnapshot;
  #state: 'new' | 'started' | 'closed' = 'new';

  constructor({ clock, random, log, captureNear }: RegistryOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
    this.#transitions = new TransitionRing({
      clock,
      captureNear: captureNear ?? null,
      linked: (transitions) => this.#recordLate(transitions),
    });
    this.#onTransition = new Listeners(log);
    this.#onChange = new Listeners(log);
    this.#snapshot = this.#compose();
  }

  /** What is known at this moment; immutable, another object after each change. Costs a property access. */
  get snapshot(): HealthSnapshot {
    return this.#snapshot;
  }

  /**
   * Watches a component from now on, or from `start()`. Throws a `RangeError` that names every problem when it has a
   * name that is taken or no path segment, or a duration or count that is none, or when there are 10,000 already.
   */
  add(component: Component): void {
    const problems = problemsOf(component);
    if (this.#members.has(component.name)) problems.push('its name is taken');
    if (this.#members.size >= maxComponents) problems.push(`there are ${maxComponents} components already`);
    if (problems.length > 0)
      throw new RangeError(`component ${oneLine(component.name, 100)}: ${problems.join('; ')}`);
    if (this.#state === 'closed') return;
    const changed = (change: MemberChange): void => this.#take(component.name, change);
    const member = new Member({ component, clock: this.#clock, random: this.#random, changed });
    this.#members.set(component.name, member);
    this.#publish();
    this.#announce();
    if (this.#state === 'started') member.start();
  }

  /** Forgets it; a check that runs is told to stop and what it says is dropped. Not known: nothing happens. */
  remove(name: string): void {
    const member = this.#members.get(name);
    if (member === undefined) return;
    this.#members.delete(name);
    void member.close();
    this.#publish();
    this.#announce();
  }

  /** Begins to check. What answers without a promise is in the snapshot when this returns. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    for (const member of [...this.#members.values()]) member.start();
  }

  /** Ends all checks and waits a second at most for those that run. The last snapshot stays, without growing stale. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#transitions.close();
    let timer: Timer | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = this.#clock.after(closeWaitMs, resolve);
    });
    await Promise.race([Promise.all([...this.#members.values()].map((member) => member.close())), waited]);
    timer?.cancel();
  }

  /**
   * Checks one component now, or joins its check that runs at present; resolves when the answer is in the snapshot, at
   * the latest at its deadline. Rejects with a `RangeError` when there is none of this name.
   */
  check(name: string): Promise<void> {
    const member = this.#members.get(name);
    if (member === undefined)
      return Promise.reject(new RangeError(`there is no component ${oneLine(name, 100)}`));
    return member.check();
  }

  /** Hears of each change of a status, after the snapshot has it. Returns what ends it. */
  onTransition(listener: (transition: Transition) => void): () => void {
    return this.#onTransition.add(listener);
  }

  /**
   * Hears when a status, a freshness or a detail has changed, or a component came or went: not of an answer that says
   * the same again. Returns what ends it.
   */
  onChange(listener: (snapshot: HealthSnapshot) => void): () => void {
    return this.#onChange.add(listener);
  }

  #take(name: string, { before, after, cause }: MemberChange): void {
    let transition: Transition | null = null;
    if (before.status !== after.status) {
      transition = this.#transitions.add({
        at: after.since,
        component: name,
        from: before.status,
        to: after.status,
        cause,
      });
    }
    this.#publish();
    if (transition !== null) this.#record(transition);
    if (before.freshness === 'fresh' && after.freshness === 'stale') {
      this.#log.warn('a component has not answered for three periods', {
        component: name,
        status: after.status,
      });
    }
    if (differs(before, after)) this.#announce();
  }

  #record(transition: Transition): void {
    const { component, from, to, cause, captureId } = transition;
    const fields = { component, from, to, cause, ...(captureId !== '' && { capture: captureId }) };
    if (severityOf(to) > severityOf(from)) this.#log.warn('a component got worse', fields);
    else this.#log.info('a component got better', fields);
    this.#onTransition.tell(transition);
  }

  #recordLate(transitions: readonly Transition[]): void {
    this.#publish();
    for (const { component, to, captureId } of transitions) {
      this.#log.info('a capture was taken when a component changed', { component, to, capture: captureId });
    }
  }

  #publish(): void {
    this.#snapshot = this.#compose();
  }

  #announce(): void {
    this.#onChange.tell(this.#snapshot);
  }

  #compose(): HealthSnapshot {
    const components = Array.from(this.#members.values(), ({ view }) => view);
    return {
      at: this.#clock.wall(),
      status: wholeStatus(components),
      components,
      transitions: this.#transitions.list,
    };
  }
}

function differs(before: ComponentView, after: ComponentView): boolean {
  return (
    before.status !== after.status || before.freshness !== after.freshness || before.detail !== after.detail
  );
}

function problemsOf({ name, periodMs, deadlineMs, failAfter, recoverAfter }: Component): string[] {
  const problems: string[] = [];
  if (!/^[\w-]{1,100}$/.test(name)) problems.push('a name has 1 to 100 letters, digits, - and _');
  if (reservedNames.has(name)) problems.push('its name is reserved');
  for (const [what, value] of Object.entries({ periodMs, deadlineMs })) {
    if (!(value > 0 && value <= 86_400_000)) problems.push(`${what} is above 0 and at most a day`);
  }
  for (const [what, value] of Object.entries({ failAfter, recoverAfter })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) problems.push(`${what} is a whole number from 1`);
  }
  return problems;
}
