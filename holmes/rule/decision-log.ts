/**
 * The last decisions with their numbers, also those not to capture: "why was nothing captured" has an answer. Quiet ones
 * come with every sample, so they have a ring of their own in which they push out only one another.
 */
import type { MonitorFigures } from '../monitor/view.ts';
import { Verdict, type Decision } from './decision.ts';

const loudCapacity = 1000;
const quietCapacity = 500;
/** A program that starts a worker for every job has no end of subjects; those after so many series count as one. */
const maxSeries = 5000;
const otherSubjects = 'others';

type Count = {
  -readonly [Key in keyof MonitorFigures['decisions'][number]]: MonitorFigures['decisions'][number][Key];
};

export class DecisionLog {
  #nextId = 1;
  readonly #loud = new Recent(loudCapacity);
  readonly #quiet = new Recent(quietCapacity);
  readonly #counts = new Map<string, Count>();

  /** Keeps it under the next id and gives it back with that. */
  add(decision: Omit<Decision, 'id'>): Decision {
    const kept: Decision = { id: this.#nextId++, ...decision };
    (kept.verdict === Verdict.Quiet ? this.#quiet : this.#loud).push(kept);
    this.#count(kept);
    return kept;
  }

  /** Ties a decision to its capture. One that was forgotten meanwhile is no error. */
  link(id: number, captureId: string): void {
    this.#loud.replace(id, (decision) => ({ ...decision, captureId }));
  }

  /** Newest first. `quiet`: with those that found nothing. */
  newest(options: { readonly quiet: boolean; readonly limit: number }): readonly Decision[] {
    const limit = Math.max(0, options.limit);
    const loud = this.#loud.newest(limit);
    if (!options.quiet) return loud;
    return [...loud, ...this.#quiet.newest(limit)].sort((a, b) => b.id - a.id).slice(0, limit);
  }

  /** Sums since the start, of every decision ever added; they never go back. */
  counts(): MonitorFigures['decisions'] {
    return [...this.#counts.values()].map((count) => ({ ...count }));
  }

  #count({ subject, rule, verdict }: Decision): void {
    let name = subject;
    if (this.#counts.size >= maxSeries && !this.#counts.has(seriesKey(name, rule, verdict)))
      name = otherSubjects;
    const key = seriesKey(name, rule, verdict);
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { subject: name, rule, verdict, count: 1 });
    else count.count++;
  }
}

function seriesKey(subject: string, rule: string, verdict: string): string {
  return `${subject}\n${rule}\n${verdict}`;
}

/** A ring of decisions whose ids go up. */
class Recent {
  readonly #capacity: number;
  readonly #decisions: Decision[] = [];
  /** Where the next one goes once the ring is full. */
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(decision: Decision): void {
    this.#decisions[this.#next] = decision;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  replace(id: number, change: (decision: Decision) => Decision): void {
    const index = this.#decisions.findIndex((decision) => decision.id === id);
    const decision = this.#decisions[index];
    if (decision !== undefined) this.#decisions[index] = change(decision);
  }

  newest(limit: number): readonly Decision[] {
    const oldestFirst = [...this.#decisions.slice(this.#next), ...this.#decisions.slice(0, this.#next)];
    return oldestFirst.reverse().slice(0, limit);
  }
}
