/**
 * The small part of holmes that runs inside the thread that is watched. It leaves the thread's figures on a board in
 * shared memory, knows what handles there are and where they were made, and says last words. It costs an idle thread less
 * than 0.1 % of a core, never throws into the program, keeps nothing alive, and goes without leaving anything behind.
 */
import { readlinkSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { postMessageToThread, threadId } from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { Board } from './board-memory.ts';
import { BufferSampler } from './buffer-sampler.ts';
import { CallSites } from './call-site.ts';
import { collect } from './collect.ts';
import { CreationWindow } from './creation-window.ts';
import { ExchangeCounter } from './exchange-counter.ts';
import { GcTotal } from './gc-total.ts';
import { guarded, type Part } from './guard.ts';
import { HandleRegistry } from './handle-registry.ts';
import { delayResolutionMs, type Joined } from './joined.ts';
import { LastWords } from './last-words.ts';
import { OldSpace } from './old-space.ts';
import { Warnings } from './warnings.ts';

/** Between two reports of an idle thread. One costs it 0.1 ms, most of it for waking up. */
const reportMs = 1000;

/** A thread whose heap is at work reports so often at most, because then it may not have a second left. */
const hurriedMs = 100;

/** Stacks put into words in a second. */
const settledPerReport = 128;

const property: symbol = Symbol.for('meshlock.holmes');

/** What `globalThis` has of the agent, for expressions that are evaluated in the thread. */
interface Door {
  joined(token: string): Joined;
  /** JSON text of a `HandleProfile`. */
  collect(): string;
  remove(): void;
}

class Agent implements Door {
  readonly #board = new Board();
  readonly #sites = new CallSites();
  readonly #registry = new HandleRegistry(this.#sites);
  readonly #exchanges = new ExchangeCounter();
  readonly #creations = new CreationWindow(this.#sites);
  readonly #buffers = new BufferSampler(this.#sites);
  readonly #warnings = new Warnings();
  readonly #lastWords = new LastWords(this.#board);
  readonly #gc = new GcTotal(guarded(() => this.#hurry()));
  readonly #oldSpace = new OldSpace();
  /** Counts only as long as somebody in this thread holds it. */
  readonly #delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  readonly #parts: readonly Part[] = [
    this.#registry,
    this.#exchanges,
    this.#creations,
    this.#buffers,
    this.#warnings,
    this.#lastWords,
    this.#gc,
  ];
  readonly #report = guarded(() => this.#say());
  #timer = systemClock.every(reportMs, this.#report);
  #reportedAt = 0;
  #removed = false;

  constructor() {
    // One that cannot be installed leaves the others.
    for (const part of this.#parts) guarded(() => part.install())();
    this.#delay.enable();
    this.#report();
    void this.#listen();
  }

  joined(token: string): Joined {
    return { token, threadId, tid: kernelThread(), memory: this.#board.memory, delay: this.#delay };
  }

  collect(): string {
    return JSON.stringify(
      collect({
        registry: this.#registry,
        creations: this.#creations,
        buffers: this.#buffers,
        warnings: this.#warnings,
        sites: this.#sites,
      }),
    );
  }

  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    this.#timer.cancel();
    for (const part of this.#parts) guarded(() => part.remove())();
    this.#delay.disable();
    this.#board.wake();
    Reflect.deleteProperty(globalThis, property);
  }

  #say(): void {
    const now = systemClock.now();
    this.#reportedAt = now;
    this.#lastWords.note(now);
    this.#registry.settle(settledPerReport, now);
    this.#buffers.calm();
    this.#publish();
  }

  #hurry(): void {
    const now = systemClock.now();
    if (this.#removed || now - this.#reportedAt < hurriedMs) return;
    this.#reportedAt = now;
    this.#publish();
  }

  #publish(): void {
    const heap = getHeapStatistics();
    // Of the thread, not of the event loop: the signals of the recorder interrupt its waiting, of which then only the last
    // piece counts as idle, and an idle thread looks half busy.
    const { user, system } = process.threadCpuUsage();
    const busyMs = (user + system) / 1000;
    this.#board.publish({
      heapShare: this.#oldSpace.share(),
      heapBytes: heap.used_heap_size,
      externalBytes: heap.external_memory,
      loopActiveMs: busyMs,
      loopIdleMs: Math.max(0, systemClock.now() - busyMs),
      gcMs: this.#gc.ms,
      handles: process.getActiveResourcesInfo().length,
      sockets: this.#registry.sockets,
      exchanges: this.#exchanges.count,
    });
  }

  async #listen(): Promise<void> {
    while (!this.#removed) {
      await this.#board.armed();
      guarded(() => {
        const ms = this.#removed ? 0 : this.#board.takeArmMs();
        if (ms > 0) this.#creations.arm(ms);
      })();
    }
  }
}

/** Puts the agent into this thread; when it is there already, only answers for it. */
export function installAgent(token: string): Joined {
  let door = installed();
  if (door === undefined) {
    door = new Agent();
    Object.defineProperty(globalThis, property, { value: door, configurable: true });
  }
  return door.joined(token);
}

/** Installs the agent and posts what it hands over to `parentThreadId`. Gives a line for a log. */
export function join(parentThreadId: number, token: string): string {
  const joined = installAgent(token);
  // A parent that does not listen any more has given up waiting.
  postMessageToThread(parentThreadId, joined).catch(() => {});
  return `thread ${joined.threadId} (${joined.tid} of the kernel) has joined`;
}

/** Takes everything out of this thread again; does nothing where there is no agent. */
export function removeAgent(): void {
  installed()?.remove();
}

/** Also one of another copy of this module. */
function installed(): Door | undefined {
  return (globalThis as { [property]?: Door })[property];
}

function kernelThread(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1)) || 0;
  } catch {
    return 0;
  }
}
