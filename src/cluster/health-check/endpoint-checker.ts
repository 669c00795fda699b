/**
 * The active health of one endpoint: checks it again and again and turns results into health. Envoy's rules: the first
 * check is made at once; until its result is known the endpoint is unhealthy, and that first result decides alone; from
 * then on health changes after as many results in a row as the thresholds say.
 */
import type { Clock, Random, Timer } from '../../base/index.ts';
import type { HealthCheckConfig, SocketAddress } from '../../config/index.ts';
import { durationText } from '../duration-text.ts';
import type { Probe, ProbeResult, RunningProbe } from './probe.ts';

export type Health = 'healthy' | 'unhealthy';

export interface CheckResult {
  readonly kind: ProbeResult['kind'];
  /** For people: `status 200`, `connect refused`, `timeout after 1s`. */
  readonly detail: string;
  /** Unix milliseconds at which it came. */
  readonly atMs: number;
  readonly durationMs: number;
  /** It failed because no answer came in time. */
  readonly timedOut: boolean;
}

export interface EndpointCheckerOptions {
  readonly config: HealthCheckConfig;
  readonly address: SocketAddress;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly random: Random;
  /** Health that is known from before; `null`: the first result decides. */
  readonly known: Health | null;
  /** After every conclusive result. `changed`: the health is another one than before, or known for the first time. */
  onResult(checker: EndpointChecker, result: CheckResult, changed: boolean): void;
}

export class EndpointChecker {
  readonly #options: EndpointCheckerOptions;
  #health: Health;
  #decided: boolean;
  #inRow = 0;
  #last: CheckResult | null = null;
  #timer: Timer | null = null;
  #running: RunningProbe | null = null;
  #closed = false;

  constructor(options: EndpointCheckerOptions) {
    this.#options = options;
    this.#health = options.known ?? 'unhealthy';
    this.#decided = options.known !== null;
  }

  get health(): Health {
    return this.#health;
  }

  /** False until the first result is known. */
  get decided(): boolean {
    return this.#decided;
  }

  get last(): CheckResult | null {
    return this.#last;
  }

  /** Makes the first check. */
  start(): void {
    this.#check();
  }

  /** Ends what runs; nothing is reported any more. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#running?.cancel();
    this.#timer = null;
    this.#running = null;
  }

  // Waiting -> Checking
  #check(): void {
    const { clock, config, probe, address } = this.#options;
    const startMs = clock.now();
    this.#timer = clock.after(config.timeoutMs, () => {
      this.#running?.cancel();
      const detail = `timeout after ${durationText(config.timeoutMs)}`;
      this.#finish({ kind: 'failed', detail }, startMs, true);
    });
    this.#running = probe.start(address, (result) => this.#finish(result, startMs, false));
  }

  // Checking -> Waiting
  #finish(result: ProbeResult, startMs: number, timedOut: boolean): void {
    const { clock, config, random } = this.#options;
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#running = null;
    this.#timer = clock.after(config.intervalMs + random.next() * config.jitterMs, () => this.#check());
    const { kind, detail } = result;
    this.#last = { kind, detail, atMs: clock.wall(), durationMs: clock.now() - startMs, timedOut };
    if (kind === 'inconclusive') return;
    const changed = this.#judge(kind === 'passed' ? 'healthy' : 'unhealthy');
    this.#options.onResult(this, this.#last, changed);
  }

  /** Takes a result into account; true when the health changed or is known now. */
  #judge(seen: Health): boolean {
    const { config } = this.#options;
    const before = this.#health;
    const first = !this.#decided;
    this.#inRow = seen === before ? 0 : this.#inRow + 1;
    const threshold = seen === 'healthy' ? config.healthyThreshold : config.unhealthyThreshold;
    if (first || this.#inRow >= threshold) {
      this.#health = seen;
      this.#inRow = 0;
    }
    this.#decided = true;
    return first || this.#health !== before;
  }
}
