/**
 * Asks Prometheus, VictoriaMetrics or whatever speaks their query API for what was. Each question has a deadline and a
 * bound on what may come back, and fails with a `HistoryError` that says what to do. Asks once: who wants to try again
 * knows when.
 */
import type { Clock, Timer } from '../clock.ts';
import { type EngineAddress, parseAddress } from './engine-address.ts';
import { HistoryError } from './history-error.ts';
import { type AnswerLimits, parseAnswer, type Series } from './query-answer.ts';
import { refusalOf } from './refusal.ts';

export interface HistoryClientOptions {
  /**
   * Where `/api/v1` is, as in `--history`: `http://127.0.0.1:9090`, also with a path before it. A user and a password in
   * it are sent as Basic authorization.
   */
  readonly url: string;
  /** Bearer token; empty or missing: none. */
  readonly token?: string;
  readonly clock: Clock;
  /** For a whole question; 10 s unless told. */
  readonly timeoutMs?: number;
  /** Of one answer; 16 MiB unless told, which is parsed in about 0.2 s. */
  readonly maxBodyBytes?: number;
  readonly limits?: AnswerLimits;
  readonly fetch?: typeof globalThis.fetch;
}

export interface RangeQuestion {
  readonly query: string;
  /** Unix milliseconds, both included; engines take at most 11,000 steps. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

const mebibyte: number = 1024 * 1024;
const defaultTimeoutMs = 10_000;
/** Prometheus refuses more. */
const maxSteps = 11_000;

export class HistoryClient {
  readonly #address: EngineAddress;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #maxBodyBytes: number;
  readonly #limits: AnswerLimits;
  readonly #fetch: typeof globalThis.fetch;
  readonly #underWay = new Set<AbortController>();
  #isClosed = false;

  /** Throws `HistoryError` (`address`) when the URL is none. */
  constructor(options: HistoryClientOptions) {
    const { url, token = '', clock, timeoutMs = defaultTimeoutMs, maxBodyBytes = 16 * mebibyte } = options;
    this.#address = parseAddress(url, token);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#maxBodyBytes = maxBodyBytes;
    this.#limits = options.limits ?? { maxSeries: 10_000, maxPoints: 1_000_000 };
    this.#fetch = options.fetch ?? globalThis.fetch;
  }

  /** For messages: without user and password. */
  get address(): string {
    return this.#address.base.href;
  }

  /** The values at one moment, now unless told (Unix milliseconds). */
  instant(query: string, atMs?: number): Promise<readonly Series[]> {
    return this.#ask('query', { query, ...(atMs !== undefined && { time: seconds(atMs) }) });
  }

  async range({ query, fromMs, toMs, stepMs }: RangeQuestion): Promise<readonly Series[]> {
    const steps = (toMs - fromMs) / stepMs;
    if (!(steps >= 0 && steps < maxSteps))
      throw new HistoryError(
        'query',
        `${fromMs} to ${toMs} in steps of ${stepMs} ms are not 0 to ${maxSteps} steps`,
      );
    return this.#ask('query_range', {
      query,
      start: seconds(fromMs),
      end: seconds(toMs),
      step: seconds(stepMs),
    });
  }

  /** Gives up what is under way. */
  close(): void {
    this.#isClosed = true;
    for (const giveUp of this.#underWay) giveUp.abort();
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<readonly Series[]> {
    if (this.#isClosed) throw new HistoryError('unreachable', `${this.address} was closed`);
    const { base, authorization } = this.#address;
    const giveUp = new AbortController();
    this.#underWay.add(giveUp);
    let isLate = false;
    const timer: Timer = this.#clock.after(this.#timeoutMs, () => {
      isLate = true;
      giveUp.abort();
    });
    try {
      const response = await this.#fetch(new URL(`api/v1/${path}`, base), {
        method: 'POST',
        headers: authorization === '' ? {} : { authorization },
        body: new URLSearchParams({ ...parameters, timeout: `${this.#timeoutMs}ms` }),
        // A redirected POST arrives as a GET somewhere else: it is a wrong address, and says so.
        redirect: 'manual',
        signal: giveUp.signal,
      });
      if (response.status !== 200) throw await refusalOf(response, this.#address);
      return parseAnswer(await this.#text(response), this.#limits);
    } catch (error) {
      if (error instanceof HistoryError) throw error;
      throw this.#failure(error, isLate);
    } finally {
      timer.cancel();
      this.#underWay.delete(giveUp);
      // Whatever of the answer was not read need not come any more.
      giveUp.abort();
    }
  }

  async #text(response: Response): Promise<string> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of response.body ?? []) {
      length += piece.length;
      if (length > this.#maxBodyBytes)
        throw new HistoryError(
          'too_large',
          `the answer is larger than ${this.#maxBodyBytes} bytes: ask for fewer hours, longer steps or one service`,
        );
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  }

  #failure(error: unknown, isLate: boolean): HistoryError {
    if (isLate)
      return new HistoryError(
        'timeout',
        `${this.address} did not answer within ${this.#timeoutMs} ms: ask for fewer hours, or give it more time`,
      );
    if (this.#isClosed) return new HistoryError('unreachable', `${this.address} was closed`);
    return new HistoryError(
      'unreachable',
      `${this.address} cannot be reached (${networkReason(error)}): does Prometheus or VictoriaMetrics run there?`,
    );
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** fetch says `fetch failed` and hides why in its cause. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' && cause.message === ''
    ? cause.code
    : cause.message;
}
