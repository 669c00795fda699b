/**
 * Everything alive in the thread that has a file descriptor or a process behind it and announces itself: sockets that
 * were opened or accepted, UDP sockets, child processes. Costs something per connection and nothing per request.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket as UdpSocket } from 'node:dgram';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { systemClock } from '../clock.ts';
import type { Frame } from '../profile/handle-profile.ts';
import { type CallSites, captureStack, type StackHolder } from './call-site.ts';
import { guarded, guardedListener, type Part } from './guard.ts';

/** Unformatted they take 1.2 kB each. */
const maxStacks = 20_000;

/** What is younger is often gone before its stack is needed. */
const settleAfterMs = 1000;

export type Thing = Socket | UdpSocket | ChildProcess;
export type ThingKind = 'tcp-client' | 'tcp-server' | 'udp' | 'child-process';

/** Knows nothing of the thing itself, so that it can wait in a queue without keeping it. */
export class HandleEntry {
  readonly kind: ThingKind;
  /** By the monotonic clock. */
  readonly madeAt: number;
  /** `null`: not known. */
  stack: StackHolder | readonly Frame[] | null;

  constructor(kind: ThingKind, madeAt: number, stack: StackHolder | null) {
    this.kind = kind;
    this.madeAt = madeAt;
    this.stack = stack;
  }

  framesBy(sites: CallSites): readonly Frame[] {
    if (this.stack === null) return [];
    if (!isFrames(this.stack)) this.stack = sites.framesOf(this.stack);
    return this.stack;
  }

  get isSettled(): boolean {
    return this.stack === null || isFrames(this.stack);
  }
}

function isFrames(stack: StackHolder | readonly Frame[]): stack is readonly Frame[] {
  return Array.isArray(stack);
}

const channels = [
  ['net.client.socket', 'tcp-client', 'socket'],
  ['net.server.socket', 'tcp-server', 'socket'],
  ['udp.socket', 'udp', 'socket'],
  ['child_process', 'child-process', 'process'],
] as const;

const goneEvents = ['close', 'exit'] as const;

export class HandleRegistry implements Part {
  readonly #entries: Map<Thing, HandleEntry> = new Map();
  readonly #sites: CallSites;
  readonly #mostStacks: number;
  readonly #removals: (() => void)[] = [];
  /** Entries whose stacks are not in words yet, oldest first from `#settled` on. */
  #unsettled: HandleEntry[] = [];
  #settled = 0;
  #sockets = 0;
  readonly #forget: (this: Thing) => void;

  /** `mostStacks`: beyond so many alive, new ones are known without a stack. */
  constructor(sites: CallSites, mostStacks: number = maxStacks) {
    this.#sites = sites;
    this.#mostStacks = mostStacks;
    this.#forget = guardedListener((thing: Thing) => this.#delete(thing));
  }

  install(): void {
    for (const [channel, kind, field] of channels) {
      const announce = guarded((message: unknown) => {
        const thing = (message as Readonly<Record<string, Thing | undefined>>)[field];
        if (thing !== undefined) this.#add(thing, kind, announce);
      });
      subscribe(channel, announce);
      this.#removals.push(() => unsubscribe(channel, announce));
    }
  }

  remove(): void {
    for (const removal of this.#removals.splice(0)) removal();
    for (const thing of [...this.#entries.keys()]) this.#delete(thing);
    this.#unsettled = [];
    this.#settled = 0;
  }

  /** Sockets alive. */
  get sockets(): number {
    return this.#sockets;
  }

  entries(): Iterable<readonly [Thing, HandleEntry]> {
    return this.#entries;
  }

  /** Puts at most `most` stacks of what has lived for a second into words, so that they hold on to nothing. */
  settle(most: number, now: number): void {
    let left = most;
    while (left > 0) {
      const entry = this.#unsettled[this.#settled];
      if (entry === undefined || entry.madeAt > now - settleAfterMs) break;
      this.#settled++;
      if (entry.isSettled) continue;
      entry.framesBy(this.#sites);
      left--;
    }
    if (this.#settled * 2 < this.#unsettled.length) return;
    this.#unsettled = this.#unsettled.slice(this.#settled);
    this.#settled = 0;
  }

  #add(thing: Thing, kind: ThingKind, below: (message: unknown) => void): void {
    if (this.#entries.has(thing)) return;
    // Node accepts all sockets at one place: that says nothing.
    const known = kind !== 'tcp-server' && this.#entries.size < this.#mostStacks;
    const stack = known ? captureStack(below) : null;
    const entry = new HandleEntry(kind, systemClock.now(), stack);
    for (const event of goneEvents) if (announces(kind, event)) thing.on(event, this.#forget);
    this.#entries.set(thing, entry);
    if (stack !== null) this.#unsettled.push(entry);
    if (kind !== 'child-process') this.#sockets++;
  }

  #delete(thing: Thing): void {
    const entry = this.#entries.get(thing);
    if (entry === undefined) return;
    this.#entries.delete(thing);
    entry.stack = null;
    if (entry.kind !== 'child-process') this.#sockets--;
    for (const event of goneEvents) if (announces(entry.kind, event)) thing.off(event, this.#forget);
  }
}

/** A child process that could not be started closes without having exited. */
function announces(kind: ThingKind, event: (typeof goneEvents)[number]): boolean {
  return event === 'close' || kind === 'child-process';
}
