/**
 * All data threads: starts them, hands every one the same snapshots, watches that they live, replaces those that do not,
 * and drains them in the end. It knows nothing of what a snapshot means.
 */
import type { Clock, Timer } from '../base/index.ts';
import type { FromData, ListenerFailure, Snapshot, ToData } from '../data/index.ts';
import { type ApplyOutcome, ApplyRound } from './apply-round.ts';
import { DataThread } from './data-thread.ts';
import { type DrainOutcome, DrainRound } from './drain-round.ts';
import type { ControlLog } from './log.ts';
import { describeExit, seconds, type ThreadExit } from './thread-exit.ts';
import { type Replacement, ThreadSeat } from './thread-seat.ts';
import type { ThreadWorker } from './thread-worker.ts';

export interface ThreadGroupOptions {
  /** The first of each thread, started already; there are as many threads. */
  readonly workers: readonly ThreadWorker[];
  /** Starts a replacement. */
  respawn(thread: number): ThreadWorker;
  /** 0: a stuck thread is reported, never replaced. Asked each time, so that it can change. */
  readonly stallRestartMs: () => number;
  /** Two threads may listen on one address. */
  readonly reusePort: boolean;
  readonly clock: Clock;
  readonly log: ControlLog;
  readonly events: ThreadGroupEvents;
}

export interface ThreadGroupEvents {
  /** A thread, first or replacement, begins with this worker. */
  started(thread: number, worker: ThreadWorker): void;
  /** It is gone: its counters are final. */
  ended(thread: number, exit: ThreadExit): void;
  /** Everything but `applied` and `drained`, which the group deals with. `reply` reaches the sender and nobody else. */
  message(thread: number, message: FromData, reply: (message: ToData) => void): void;
}

export interface ThreadReport {
  readonly thread: number;
  readonly state: DataThread['state'];
  /** Milliseconds since the heartbeat last moved. */
  readonly silentMs: number;
  readonly appliedVersion: number;
  /** Listeners that it could not open. */
  readonly failures: readonly ListenerFailure[];
  readonly restarts: number;
  readonly lastReplacement: Replacement | null;
}

const watchPeriodMs = 250;
const stallAfterMs = 1000;
const startTimeoutMs = 30_000;
/** After the drain deadline: for the answer to arrive before the threads are ended anyway. */
const drainGraceMs = 1000;
/** Between tries of a thread that cannot open its listeners. */
const retryMs = 1000;

export class ThreadGroup {
  readonly #options: ThreadGroupOptions;
  readonly #seats: readonly ThreadSeat[];
  #watch: Timer | null = null;
  /** What a replacement is given: the last snapshot that was posted or applied without a failure. */
  #accepted: Snapshot | null = null;
  #round: ApplyRound | null = null;
  #discouraged = false;
  #draining: DrainRound | null = null;

  constructor(options: ThreadGroupOptions) {
    this.#options = options;
    this.#seats = options.workers.map((worker, index) => this.#seat(index + 1, worker));
  }

  get count(): number {
    return this.#seats.length;
  }

  /** Takes charge of the threads, which load their code while the caller prepares the first snapshot. */
  start(): void {
    for (const seat of this.#seats) seat.start();
    this.#watch = this.#options.clock.every(watchPeriodMs, () => this.#look());
  }

  /**
   * Has every thread apply `snapshot` and waits for the answers, at most `deadlineMs`. Without failures and deaths it
   * becomes what replacements start with; otherwise that stays what it was, and the caller decides how to go on.
   */
  async apply(snapshot: Snapshot, deadlineMs: number): Promise<ApplyOutcome> {
    this.#round?.giveUp();
    const round = new ApplyRound(
      snapshot.version,
      this.#seats.map((seat) => seat.thread),
    );
    this.#round = round;
    for (const seat of this.#seats) this.#ask(seat, snapshot, round);
    const deadline = this.#options.clock.after(deadlineMs, () => round.giveUp());
    const outcome = await round.outcome;
    deadline.cancel();
    if (this.#round === round) this.#round = null;
    if (outcome.failures.length === 0 && outcome.died.length === 0) this.#accept(snapshot);
    return outcome;
  }

  /** Hands out `snapshot` without waiting: for a change of endpoints or health, which cannot fail. */
  post(snapshot: Snapshot): void {
    this.#accepted = snapshot;
    for (const { current } of this.#seats) current?.apply(snapshot);
  }

  discourage(on: boolean): void {
    this.#discouraged = on;
    for (const { current } of this.#seats) current?.discourage(on);
  }

  /** Stops accepting, lets running exchanges finish for `deadlineMs`, and waits for that. Threads are not replaced any more. */
  async drain(deadlineMs: number): Promise<DrainOutcome> {
    const round = new DrainRound(this.#seats.map(({ thread }) => thread));
    this.#draining = round;
    for (const seat of this.#seats) {
      seat.retire();
      if (isAlive(seat.current)) seat.current.drain(deadlineMs);
      else round.died(seat.thread);
    }
    const deadline = this.#options.clock.after(deadlineMs + drainGraceMs, () => round.giveUp());
    const outcome = await round.outcome;
    deadline.cancel();
    return outcome;
  }

  /**
   * Ends all threads at once. False when one is stuck in native code and did not end within a second: then
   * `process.exit`, which waits for every worker, could hang.
   */
  async stop(): Promise<boolean> {
    this.#watch?.cancel();
    this.#round?.giveUp();
    for (const seat of this.#seats) seat.retire();
    await Promise.all(this.#seats.map(async (seat) => seat.current?.terminate({ kind: 'stopped' })));
    return this.#seats.every((seat) => seat.empty);
  }

  report(): readonly ThreadReport[] {
    return this.#seats.map(({ thread, current, restarts, lastReplacement }) => ({
      thread,
      state: current?.state ?? 'dead',
      silentMs: current?.silentMs ?? 0,
      appliedVersion: current?.appliedVersion ?? 0,
      failures: current?.failures ?? [],
      restarts,
      lastReplacement,
    }));
  }

  #ask({ thread, current, lastReplacement }: ThreadSeat, snapshot: Snapshot, round: ApplyRound): void {
    if (isAlive(current)) {
      current.apply(snapshot);
      // A draining thread takes nothing new.
      if (current.state === 'stalled' || this.#draining !== null) round.stalled(thread);
    } else if (this.#accepted === null && lastReplacement !== null) {
      // It died before it was ever told anything.
      round.died(thread, lastReplacement.exit);
    } else {
      round.stalled(thread);
    }
  }

  #accept(snapshot: Snapshot): void {
    if (this.#accepted !== null && this.#accepted.version > snapshot.version) return;
    this.#accepted = snapshot;
    // A thread that was replaced while the round ran has started with the previous one.
    for (const { current } of this.#seats) {
      if (current !== null && current.newestVersion < snapshot.version) current.apply(snapshot);
    }
  }

  #seat(number: number, first: ThreadWorker): ThreadSeat {
    const { clock, stallRestartMs, reusePort, respawn } = this.#options;
    let worker: ThreadWorker | null = first;
    const seat: ThreadSeat = new ThreadSeat({
      thread: number,
      clock,
      stallAfterMs,
      stallRestartMs,
      startTimeoutMs,
      overlap: reusePort,
      spawn: () => {
        const thread = this.#take(number, worker ?? respawn(number), seat);
        worker = null;
        return thread;
      },
      events: {
        stalled: (thread, silentMs) => this.#stalled(thread, silentMs),
        recovered: (thread, silentMs) =>
          this.#options.log.info(`data thread ${thread.thread} answers again after ${seconds(silentMs)} s`, {
            thread: thread.thread,
            stalledMs: Math.round(silentMs),
          }),
        ended: (thread, exit, restartInMs) => this.#ended(thread, exit, restartInMs),
      },
    });
    return seat;
  }

  #take(number: number, worker: ThreadWorker, seat: ThreadSeat): DataThread {
    const { clock, events, log } = this.#options;
    const thread = new DataThread({
      thread: number,
      worker,
      clock,
      maxLookStepMs: 2 * watchPeriodMs,
      events: {
        message: (from, message) => this.#receive(from, message),
        output: (from, stream, line) => {
          const fields = { thread: from.thread, stream };
          if (stream === 'stderr') log.warn(line, fields);
          else log.info(line, fields);
        },
        exit: (from, exit) => seat.ended(from, exit),
      },
    });
    events.started(number, worker);
    if (this.#accepted !== null) thread.apply(this.#accepted);
    return thread;
  }

  #look(): void {
    const nowMs = this.#options.clock.now();
    for (const seat of this.#seats) seat.look(nowMs);
  }

  #receive(from: DataThread, message: FromData): void {
    if (message.kind === 'applied') {
      const { version, failures, listening } = message;
      // It holds for listeners that exist; these may be new.
      if (this.#discouraged) from.discourage(true);
      if (this.#round !== null && version >= this.#round.version) {
        this.#round.answered(from.thread, version, failures, listening);
      } else if (failures.length > 0) {
        this.#retryLater(from, failures);
      }
    } else if (message.kind === 'drained') {
      this.#draining?.drained(from.thread, message.cut);
    } else {
      this.#options.events.message(from.thread, message, (reply) => from.post(reply));
    }
  }

  /**
   * A thread alone could not open what the others have, which nobody waits for: a replacement whose port somebody took
   * in between, for instance. It accepts nothing until that has passed.
   */
  #retryLater(thread: DataThread, failures: readonly ListenerFailure[]): void {
    const { log, clock } = this.#options;
    for (const { listener, code, message } of failures) {
      log.error(`data thread ${thread.thread} cannot open listener ${listener}: ${message}; trying again`, {
        thread: thread.thread,
        listener,
        code,
      });
    }
    clock.after(retryMs, () => {
      if (thread.state !== 'dead' && this.#accepted !== null) thread.apply(this.#accepted);
    });
  }

  #stalled(thread: DataThread, silentMs: number): void {
    const { log } = this.#options;
    const stallRestartMs = this.#options.stallRestartMs();
    const next = stallRestartMs === 0 ? 'it is not replaced' : `replaced after ${seconds(stallRestartMs)} s`;
    log.error(`data thread ${thread.thread} is stalled: no heartbeat for ${seconds(silentMs)} s (${next})`, {
      thread: thread.thread,
      silentMs: Math.round(silentMs),
    });
    this.#round?.stalled(thread.thread);
  }

  #ended(thread: DataThread, exit: ThreadExit, restartInMs: number | null): void {
    const { log, events } = this.#options;
    events.ended(thread.thread, exit);
    this.#round?.died(thread.thread, exit);
    this.#draining?.died(thread.thread);
    if (exit.kind === 'stopped') return;
    const fields = {
      thread: thread.thread,
      reason: exit.kind,
      ...(exit.kind === 'crash' && { stack: exit.stack }),
    };
    const next =
      restartInMs === null
        ? 'not replaced: the process ends'
        : restartInMs === 0
          ? 'replacing it now'
          : `replacing it in ${seconds(restartInMs)} s`;
    log.error(`data thread ${thread.thread} ${describeExit(exit)}; ${next}`, fields);
  }
}

function isAlive(thread: DataThread | null): thread is DataThread {
  return thread !== null && thread.state !== 'dead';
}
