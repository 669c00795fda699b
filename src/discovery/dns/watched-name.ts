/**
 * One name that is resolved again and again: after its TTL when that is known, else after a fixed time; after a failure
 * sooner, with waits that double. A failed look-up changes nothing about the addresses that are known.
 */
import type { Clock, Random, Timer } from '../../base/index.ts';
import { type NameAnswer, NameLookupError } from './name-answer.ts';
import type { NameLookup } from './name-lookup.ts';

/** Shorter TTLs, 0 above all, are taken as this. */
const minTtlMs = 1000;
/** A longer TTL is taken as this, so that a mistake in a zone is forgotten the next day. */
const maxTtlMs = 86_400_000;
/** First wait after a failure. */
const retryMs = 1000;

export interface WatchedNameOptions {
  readonly name: string;
  readonly lookup: NameLookup;
  readonly clock: Clock;
  readonly random: Random;
  readonly refreshMs: number;
  readonly respectTtl: boolean;
  /** A look-up that takes longer is given up. */
  readonly lookupTimeoutMs: number;
  readonly maxAddresses: number;
  /** After every look-up. */
  onResult(name: WatchedName, changed: boolean): void;
}

export class WatchedName {
  readonly #options: WatchedNameOptions;
  #addresses: readonly string[] = [];
  #dropped = 0;
  #answered = false;
  #lastSuccessMs: number | null = null;
  #lastError: string | null = null;
  #failures = 0;
  #nextMs: number | null = null;
  #timer: Timer | null = null;
  /** Counts look-ups: what comes from an earlier one than the present is ignored. */
  #round = 0;

  constructor(options: WatchedNameOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Of the last successful look-up, sorted; empty before it. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Addresses of the last answer beyond `maxAddresses`, which are not used. */
  get dropped(): number {
    return this.#dropped;
  }

  /** True once a look-up has succeeded or failed. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Unix milliseconds. */
  get lastSuccessMs(): number | null {
    return this.#lastSuccessMs;
  }

  /** Of the last look-up; `null` when it succeeded. */
  get lastError(): string | null {
    return this.#lastError;
  }

  /** Failed look-ups in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Unix milliseconds of the next look-up; `null` while one runs. */
  get nextMs(): number | null {
    return this.#nextMs;
  }

  /** Looks the name up now, and from then on by itself. */
  start(): void {
    const { name, lookup, clock, lookupTimeoutMs } = this.#options;
    const round = ++this.#round;
    this.#nextMs = null;
    this.#timer?.cancel();
    this.#timer = clock.after(lookupTimeoutMs, () => {
      this.#onFailure(round, `${name}: the look-up took longer than ${lookupTimeoutMs / 1000}s`);
    });
    lookup.resolve(name).then(
      (answer) => this.#onAnswer(round, answer),
      (error: unknown) => this.#onFailure(round, messageOf(error)),
    );
  }

  close(): void {
    this.#round++;
    this.#timer?.cancel();
    this.#timer = null;
    this.#nextMs = null;
  }

  // Looking up -> Waiting
  #onAnswer(round: number, answer: NameAnswer): void {
    if (round !== this.#round) return;
    const { clock, random, refreshMs, respectTtl, maxAddresses } = this.#options;
    // Sorted: servers rotate their answers, and the same set in another order is no change.
    const found = [...new Set(answer.addresses)].sort();
    const kept = found.slice(0, maxAddresses);
    const changed = kept.join() !== this.#addresses.join();
    this.#addresses = kept;
    this.#dropped = found.length - kept.length;
    this.#failures = 0;
    this.#lastError = null;
    this.#lastSuccessMs = clock.wall();
    const ttlMs = answer.ttlMs === null ? refreshMs : Math.min(maxTtlMs, Math.max(minTtlMs, answer.ttlMs));
    // Never before the TTL is over, or the server would answer from its cache.
    this.#wait(round, (respectTtl ? ttlMs : refreshMs) * (1 + 0.1 * random.next()));
    this.#answered = true;
    this.#options.onResult(this, changed);
  }

  // Looking up -> Waiting
  #onFailure(round: number, error: string): void {
    if (round !== this.#round) return;
    const { random, refreshMs } = this.#options;
    this.#failures++;
    this.#lastError = error;
    const longestMs = Math.max(retryMs, refreshMs);
    const waitMs = Math.min(longestMs, retryMs * 2 ** Math.min(20, this.#failures - 1));
    this.#wait(round, waitMs * (0.75 + 0.25 * random.next()));
    this.#answered = true;
    this.#options.onResult(this, false);
  }

  #wait(round: number, delayMs: number): void {
    const { clock } = this.#options;
    this.#round = round + 1;
    this.#timer?.cancel();
    this.#nextMs = clock.wall() + delayMs;
    this.#timer = clock.after(delayMs, () => this.start());
  }
}

function messageOf(error: unknown): string {
  if (error instanceof NameLookupError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
