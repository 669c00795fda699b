/**
 * Where timers, file operations, look-ups and handles are being made, found out for a few seconds after a jump. Everything
 * is counted; stacks are taken of a few, so many in a second, and every type gets its share of them. Promises are left
 * out: following them makes `await` several times as expensive.
 */
import { type AsyncHook, createHook } from 'node:async_hooks';
import { type Clock, systemClock, type Timer } from '../clock.ts';
import type { CreationGroup, Frame } from '../profile/handle-profile.ts';
import { type CallSites, captureStack, type StackHolder } from './call-site.ts';
import { guarded, type Part } from './guard.ts';

/** Tokens come so often, so many for all types and for one: 200 stacks in a second. */
const refillMs = 50;
const stacksPerRefill = 10;
const stacksPerType = 5;

const maxArmMs = 60_000;
/** What was found is kept for so long. */
const keepMs = 60_000;
const maxTypes = 100;

/** Made with everything, and tell nothing of their own. */
const ignored: ReadonlySet<string> = new Set([
  'TickObject',
  'Microtask',
  'PROMISE',
  'WRITEWRAP',
  'SHUTDOWNWRAP',
  'HTTPINCOMINGMESSAGE',
  'STREAM_END_OF_STREAM',
]);

interface Sample {
  /** `null` once it is in words. */
  holder: StackHolder | null;
  frames: readonly Frame[];
  readonly resource: WeakRef<object>;
}

interface TypeCount {
  created: number;
  /** Stacks it may still have before the next refill. */
  tokens: number;
  readonly samples: Sample[];
}

export interface CreationResult {
  readonly armedMs: number;
  readonly created: readonly CreationGroup[];
}

export class CreationWindow implements Part {
  readonly #sites: CallSites;
  readonly #clock: Clock;
  #types: Map<string, TypeCount> = new Map();
  #hook: AsyncHook | null = null;
  #refill: Timer | null = null;
  #end: Timer | null = null;
  #tokens = 0;
  #armedAt = 0;
  #result: CreationResult | null = null;
  readonly #init = (_id: number, type: string, _trigger: number, resource: object): void => {
    try {
      this.#made(type, resource);
    } catch {
      // A stack less. A throw from here would end the process.
    }
  };

  constructor(sites: CallSites, clock: Clock = systemClock) {
    this.#sites = sites;
    this.#clock = clock;
  }

  install(): void {
    // Nothing, until it is armed.
  }

  /** Begins anew when it is armed already. */
  arm(ms: number): void {
    this.remove();
    this.#armedAt = this.#clock.now();
    this.#tokens = stacksPerRefill;
    this.#refill = this.#clock.every(
      refillMs,
      guarded(() => this.#grant()),
    );
    this.#end = this.#clock.after(
      Math.min(ms, maxArmMs),
      guarded(() => this.#stop()),
    );
    this.#hook = createHook({ init: this.#init, trackPromises: false }).enable();
  }

  /** What the last window found, once; `null`: there was none. A window that is still open is closed. */
  take(): CreationResult | null {
    if (this.#hook !== null) this.#stop();
    const result = this.#result;
    this.remove();
    return result;
  }

  /** Forgets everything. */
  remove(): void {
    this.#close();
    this.#types = new Map();
    this.#result = null;
  }

  #close(): void {
    this.#hook?.disable();
    this.#hook = null;
    this.#refill?.cancel();
    this.#refill = null;
    this.#end?.cancel();
    this.#end = null;
  }

  #stop(): void {
    this.#close();
    this.#result = { armedMs: this.#clock.now() - this.#armedAt, created: this.#groups() };
    this.#types = new Map();
    this.#end = this.#clock.after(
      keepMs,
      guarded(() => this.remove()),
    );
  }

  #made(type: string, resource: object): void {
    if (ignored.has(type)) return;
    let count = this.#types.get(type);
    if (count === undefined) {
      if (this.#types.size >= maxTypes) return;
      count = { created: 0, tokens: stacksPerType, samples: [] };
      this.#types.set(type, count);
    }
    count.created++;
    if (this.#tokens === 0 || count.tokens === 0) return;
    this.#tokens--;
    count.tokens--;
    count.samples.push({ holder: captureStack(this.#init), frames: [], resource: new WeakRef(resource) });
  }

  #grant(): void {
    this.#tokens = stacksPerRefill;
    for (const count of this.#types.values()) {
      count.tokens = stacksPerType;
      // Stacks that are in words hold on to nothing; the newest are at the end.
      for (let index = count.samples.length - 1; index >= 0; index--) {
        const sample = count.samples[index];
        if (sample === undefined || sample.holder === null) break;
        this.#settle(sample);
      }
    }
  }

  #settle(sample: Sample): void {
    if (sample.holder === null) return;
    sample.frames = this.#sites.framesOf(sample.holder);
    sample.holder = null;
  }

  #groups(): readonly CreationGroup[] {
    const groups: CreationGroup[] = [];
    const active = activeRequests();
    for (const [kind, { created, samples }] of this.#types) {
      const mostAlive = isRequest(kind) ? (active.get(kind) ?? 0) : created;
      if (samples.length === 0) groups.push({ kind, created, alive: 0, stack: [] });
      const scale = created / samples.length;
      const places = new Map<readonly Frame[], { sampled: number; alive: number }>();
      for (const sample of samples) {
        this.#settle(sample);
        const place = places.get(sample.frames) ?? { sampled: 0, alive: 0 };
        place.sampled++;
        if (isAlive(sample.resource.deref())) place.alive++;
        places.set(sample.frames, place);
      }
      for (const [stack, { sampled, alive }] of places)
        groups.push({
          kind,
          created: Math.round(sampled * scale),
          alive: Math.min(Math.round(alive * scale), mostAlive),
          stack,
        });
    }
    return groups.sort((a, b) => b.created - a.created);
  }
}

/** A request that is done stays in memory until it is collected, but Node no longer counts it. */
function activeRequests(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    const kind = type.toUpperCase();
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function isRequest(kind: string): boolean {
  return /REQ|CONNECTWRAP$|^QUERYWRAP$/.test(kind);
}

/** Timers say it themselves; a handle that is closed no longer holds the loop; the rest is alive until it is collected. */
function isAlive(resource: object | undefined): boolean {
  if (resource === undefined) return false;
  const { _destroyed: destroyed, hasRef } = resource as { _destroyed?: unknown; hasRef?: unknown };
  if (typeof destroyed === 'boolean') return !destroyed;
  return typeof hasRef !== 'function' || Reflect.apply(hasRef, resource, []) === true;
}
