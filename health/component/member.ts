/**
 * One component under watch: when it is checked, what its answers come to, and when the last one is too old. Each has
 * its own timers, so that a slow check delays nobody else.
 */
import type { Clock, Timer } from '../clock.ts';
import { type Answer, failedAnswer } from './answer.ts';
import { Attempt } from './attempt.ts';
import type { Component, ComponentStatus, ComponentView, ItemReport } from './component.ts';
import { firstStanding, type Standing, weigh } from './standing.ts';

/** An answer is stale after so many periods. */
const staleAfterPeriods = 3;
/** So many checks of one component may be out that ignored their deadline; then no further one is begun until one is back. */
const maxHanging = 3;

/** What an answer, or its age, changed. */
export interface MemberChange {
  readonly before: ComponentView;
  readonly after: ComponentView;
  /** What the answer said, for the history. */
  readonly cause: string;
}

export interface MemberOptions {
  readonly component: Component;
  readonly clock: Clock;
  readonly random: () => number;
  readonly changed: (change: MemberChange) => void;
}

export class Member {
  readonly #component: Component;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #changed: (change: MemberChange) => void;
  #standing: Standing = firstStanding;
  #view: ComponentView;
  #attempt: Attempt | null = null;
  /** Resolves when the check of the last attempt has come back. */
  #back: Promise<void> = Promise.resolve();
  #round: PromiseWithResolvers<void> | null = null;
  #next: Timer | null = null;
  #stale: Timer | null = null;
  #started = false;
  #closed = false;
  #hadFirst = false;
  /** Checks that have not come back, also those that were judged long ago. */
  readonly #out = new Set<Promise<void>>();

  constructor({ component, clock, random, changed }: MemberOptions) {
    this.#component = component;
    this.#clock = clock;
    this.#random = random;
    this.#changed = changed;
    this.#view = firstView(component, clock.wall());
  }

  get view(): ComponentView {
    return this.#view;
  }

  /** The first check at once, because traffic waits for it; the second at a random time in the period, so that they spread. */
  start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
    if (this.#round === null) this.#begin();
  }

  /** Checks now, or waits for the check that runs at present. Resolves when it was judged, at the latest at the deadline. */
  check(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const round = (this.#round ??= Promise.withResolvers());
    if (this.#attempt === null) this.#begin();
    return round.promise;
  }

  /** Cancels what runs, and resolves when it has come back; those that missed their deadline are not waited for. */
  close(): Promise<void> {
    this.#closed = true;
    this.#next?.cancel();
    this.#stale?.cancel();
    const running = this.#attempt === null ? undefined : this.#back;
    this.#attempt?.cancel();
    this.#attempt = null;
    this.#endRound();
    return running ?? Promise.resolve();
  }

  #begin(): void {
    this.#next?.cancel();
    if (this.#out.size >= maxHanging) {
      this.#take(failedAnswer(`${maxHanging} earlier checks have not come back`), 0);
      return;
    }
    const attempt = new Attempt({
      component: this.#component,
      clock: this.#clock,
      answered: (answer, tookMs) => {
        this.#attempt = null;
        this.#take(answer, tookMs);
      },
    });
    this.#attempt = attempt;
    const back = attempt.begin();
    if (this.#attempt !== attempt) return;
    this.#back = back;
    this.#out.add(back);
    void back.then(() => this.#out.delete(back));
  }

  #take(answer: Answer, tookMs: number): void {
    const before = this.#view;
    this.#standing = weigh(this.#standing, answer.status, this.#component);
    const at = this.#clock.wall();
    this.#view = {
      name: before.name,
      kind: before.kind,
      required: before.required,
      status: this.#standing.status,
      freshness: 'fresh',
      detail: this.#detail(answer),
      items: answer.items ?? before.items,
      itemCount: answer.items === null ? before.itemCount : answer.itemCount,
      checkedAt: at,
      tookMs,
      since: this.#standing.status === before.status ? before.since : at,
    };
    this.#plan(tookMs);
    this.#endRound();
    this.#changed({ before, after: this.#view, cause: answer.detail || `it answered ${answer.status}` });
  }

  #detail({ status, detail }: Answer): string {
    const { row, status: held } = this.#standing;
    if (row === 0) return detail;
    const needed = row > 0 ? this.#component.failAfter : this.#component.recoverAfter;
    return `${held} until ${needed} answers in a row differ, ${Math.abs(row)} did: ${detail === '' ? status : `${status}, ${detail}`}`;
  }

  #plan(tookMs: number): void {
    const { periodMs } = this.#component;
    this.#stale?.cancel();
    this.#stale = this.#clock.after(staleAfterPeriods * periodMs, () => this.#grow());
    if (!this.#started) return;
    // A check that takes about its whole period still leaves the others some room.
    const pausedMs = Math.max(periodMs / 10, periodMs * (0.9 + 0.2 * this.#random()) - tookMs);
    const dueMs = this.#hadFirst ? pausedMs : periodMs * this.#random();
    this.#hadFirst = true;
    this.#next = this.#clock.after(dueMs, () => this.#begin());
  }

  /** Fresh -> stale: nothing was heard for three periods. */
  #grow(): void {
    const before = this.#view;
    this.#view = { ...before, freshness: 'stale' };
    this.#changed({ before, after: this.#view, cause: `no answer for ${staleAfterPeriods} periods` });
  }

  #endRound(): void {
    const round = this.#round;
    this.#round = null;
    round?.resolve();
  }
}

const noItems: readonly ItemReport[] = [];

function firstView({ name, kind, required }: Component, at: number): ComponentView {
  const status: ComponentStatus = 'starting';
  const rest = {
    detail: 'not checked yet',
    items: noItems,
    itemCount: 0,
    checkedAt: 0,
    tookMs: 0,
    since: at,
  };
  return { name, kind, required, status, freshness: 'unknown', ...rest };
}
