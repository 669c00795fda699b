/**
 * Reads from a PromQL engine what was called before anybody reported here, and keeps it for the verdicts. In the
 * background, one service at a time: whoever asks gets what is there, and is told when it is not. An engine that fails is
 * left alone for longer and longer, up to five minutes, and what was read before stays.
 */
import type { Clock } from '../clock.ts';
import { HistoryClient } from '../history/history-client.ts';
import { HistoryError, type HistoryProblem } from '../history/history-error.ts';
import { parseAddress } from '../history/engine-address.ts';
import { type ReleaseHistory, readReleaseHistory } from '../history/release-history.ts';
import type { HealthLog } from '../log.ts';
import type { ReleaseWindow } from '../verdict/release-input.ts';
import type { HistorySettings } from './history-settings.ts';
import { readToken } from './token-source.ts';

/** What was called to one service, in windows of a minute, and the release orders of its versions. */
export type Past = Pick<ReleaseHistory, 'windows' | 'releases'>;

/** `reading`: no answer yet; `failing`: the last question was not answered. */
export type HistoryState = 'off' | 'idle' | 'reading' | 'ok' | 'failing';

export interface HistoryStatus {
  /** Without user and password; empty: no history is read. */
  readonly engine: string;
  readonly state: HistoryState;
  /** Why the last question was not answered; empty: it was. */
  readonly reason: string;
  readonly reads: Readonly<Record<'ok' | 'failed', number>>;
  /** Services whose past is kept, and counts of theirs. */
  readonly services: number;
  readonly rows: number;
  /** Unix milliseconds; 0: never. */
  readonly lastReadAt: number;
}

interface Wanted {
  past: Past | null;
  rows: number;
  /** Own failures in a row: of a question that this engine cannot answer, while it answers others. */
  failures: number;
  /** By the monotonic clock. */
  notBefore: number;
  reason: string;
}

export interface HistoryKeeperOptions {
  readonly settings: HistorySettings;
  readonly clock: Clock;
  readonly log: HealthLog;
  /** Counts of all services together; those that were asked for longest ago go first. */
  readonly maxRows: number;
  /** A past has come. */
  readonly onRead: (service: string, past: Past) => void;
}

const minuteMs = 60_000;
const maxServices = 50;
/** What comes late to the engine, and a gap that came since, are read then. */
const refreshMs = 10 * minuteMs;
const firstPauseMs = 10_000;
const longestPauseMs = 5 * minuteMs;
/** Engines hold the youngest samples back, VictoriaMetrics for 30 s. */
const holdBackMs = minuteMs;

/** The question is at fault, not the engine: others may be answered. */
const ownProblems: ReadonlySet<HistoryProblem> = new Set(['query', 'too_large']);

export class HistoryKeeper {
  readonly #options: HistoryKeeperOptions;
  readonly #engine: string;
  /** In the order of being asked for last. */
  readonly #wanted = new Map<string, Wanted>();
  readonly #reads = { ok: 0, failed: 0 };
  #client: HistoryClient | null = null;
  #running: Promise<void> | null = null;
  #failures = 0;
  #notBefore = 0;
  #reason = '';
  #lastReadAt = 0;
  #isClosed = false;

  constructor(options: HistoryKeeperOptions) {
    this.#options = options;
    const { url } = options.settings;
    this.#engine = url === '' ? '' : parseAddress(url, '').base.href;
  }

  get isOn(): boolean {
    return this.#engine !== '';
  }

  get status(): HistoryStatus {
    const known = [...this.#wanted.values()].filter(({ past }) => past !== null);
    return {
      engine: this.#engine,
      state: this.#state,
      reason: this.#reason,
      reads: { ...this.#reads },
      services: known.length,
      rows: known.reduce((sum, { rows }) => sum + rows, 0),
      lastReadAt: this.#lastReadAt,
    };
  }

  /** What is known by now; `null`: nothing yet. */
  past(service: string): Past | null {
    return this.#wanted.get(service)?.past ?? null;
  }

  /** Why the past of this service could not be read when it was last tried; empty: it could, or was not tried yet. */
  reason(service: string): string {
    return this.#wanted.get(service)?.reason || this.#reason;
  }

  /** Its past is needed: it is read if it is not there or old. Returns at once. */
  want(service: string): void {
    if (!this.isOn || this.#isClosed) return;
    const known = this.#wanted.get(service);
    this.#wanted.delete(service);
    this.#wanted.set(service, known ?? { past: null, rows: 0, failures: 0, notBefore: 0, reason: '' });
    for (const longestAgo of this.#wanted.keys()) {
      if (this.#wanted.size <= maxServices) break;
      this.#wanted.delete(longestAgo);
    }
    this.#running ??= this.#run();
  }

  /** Everything that was due has been tried. For tests and an orderly end. */
  settled(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#client?.close();
    await this.#running;
  }

  get #state(): HistoryState {
    if (!this.isOn) return 'off';
    if (this.#reason !== '') return 'failing';
    if (this.#lastReadAt > 0) return 'ok';
    return this.#running === null ? 'idle' : 'reading';
  }

  async #run(): Promise<void> {
    // Not in the turn of whoever asked.
    await Promise.resolve();
    for (let next = this.#due(); next !== null; next = this.#due()) await this.#read(next);
    this.#running = null;
  }

  #due(): string | null {
    const now = this.#options.clock.now();
    if (this.#isClosed || now < this.#notBefore) return null;
    for (const [service, { notBefore }] of this.#wanted) if (now >= notBefore) return service;
    return null;
  }

  /** Never rejects. */
  async #read(service: string): Promise<void> {
    const { settings, clock } = this.#options;
    try {
      const token = await readToken(settings.token);
      if (this.#isClosed) return;
      this.#client = new HistoryClient({ url: settings.url, token, clock, timeoutMs: settings.timeoutMs });
      const { windows, releases } = await readReleaseHistory(this.#client, {
        service,
        untilMs: clock.wall() - holdBackMs,
        hours: settings.lookbackMs / 3_600_000,
      });
      if (!this.#isClosed) this.#keep(service, { windows: this.#fitting(windows), releases });
    } catch (error) {
      if (!this.#isClosed) this.#failed(service, error);
    } finally {
      this.#client = null;
    }
  }

  #keep(service: string, past: Past): void {
    const { clock, log } = this.#options;
    this.#reads.ok++;
    this.#lastReadAt = clock.wall();
    this.#failures = 0;
    if (this.#reason !== '') log.info('the history answers again', { engine: this.#engine });
    this.#reason = '';
    const wanted = this.#wanted.get(service);
    if (wanted === undefined) return;
    const rows = past.windows.reduce((sum, { strata }) => sum + strata.length, 0);
    Object.assign(wanted, { past, rows, failures: 0, notBefore: clock.now() + refreshMs, reason: '' });
    this.#makeRoom(service);
    this.#options.onRead(service, past);
  }

  #failed(service: string, error: unknown): void {
    const { clock, log } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    const wanted = this.#wanted.get(service);
    this.#reads.failed++;
    if (wanted !== undefined && error instanceof HistoryError && ownProblems.has(error.problem)) {
      if (wanted.reason === '') log.warn('the history of a service cannot be read', { service, reason });
      wanted.reason = reason;
      wanted.notBefore = clock.now() + pauseMs(wanted.failures++);
      return;
    }
    if (this.#reason === '') log.warn('the history cannot be read', { engine: this.#engine, reason });
    this.#reason = reason;
    this.#notBefore = clock.now() + pauseMs(this.#failures++);
  }

  /** The youngest of them, as far as there is room. */
  #fitting(windows: readonly ReleaseWindow[]): readonly ReleaseWindow[] {
    let rows = 0;
    const tooMany = windows.findLastIndex(({ strata }) => (rows += strata.length) > this.#options.maxRows);
    return windows.slice(tooMany + 1);
  }

  /** The past of the one that came last stays. */
  #makeRoom(service: string): void {
    let rows = this.#wanted.values().reduce((sum, one) => sum + one.rows, 0);
    for (const [name, one] of this.#wanted) {
      if (rows <= this.#options.maxRows) return;
      if (name === service || one.past === null) continue;
      rows -= one.rows;
      Object.assign(one, { past: null, rows: 0 });
    }
  }
}

function pauseMs(failures: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10));
}
