/**
 * The gate that opens traffic: applies the decision whenever something changes, keeps the maintenance override and ends
 * it in time. It moves nothing itself; whoever owns the listeners hears of the change and acts.
 */
import type { Clock, Timer } from '../clock.ts';
import type { HealthLog } from '../log.ts';
import { oneLine } from './answer.ts';
import type { GateView, Override } from './gate.ts';
import { decideGate } from './gate-decision.ts';
import { Listeners } from './listeners.ts';
import type { HealthRegistry } from './registry.ts';

export { decideGate } from './gate-decision.ts';

/** Longer is no maintenance but a configuration, and one that nobody remembers. */
export const maxOverrideMs: number = 24 * 3_600_000;
/** The wall clock may be set while an override runs, so it is looked at this often. */
const lookMs = 60_000;
const maxTextLength = 300;

export interface TrafficGateOptions {
  readonly registry: HealthRegistry;
  readonly clock: Clock;
  readonly log: HealthLog;
}

export class TrafficGate {
  readonly #registry: HealthRegistry;
  readonly #clock: Clock;
  readonly #log: HealthLog;
  readonly #onChange: Listeners<GateView>;
  readonly #unsubscribe: () => void;
  #failedByHand = false;
  #override: Override | null = null;
  /** On the monotonic clock: setting the wall clock back does not make an override longer. */
  #overrideEndsMs = 0;
  #timer: Timer | null = null;
  #closed = false;
  #view: GateView;

  constructor({ registry, clock, log }: TrafficGateOptions) {
    this.#registry = registry;
    this.#clock = clock;
    this.#log = log;
    this.#onChange = new Listeners(log);
    this.#view = { ...this.#decide(false), since: clock.wall() };
    this.#unsubscribe = registry.onChange(() => this.#apply());
  }

  /** Immutable, another object after each change. Costs a property access. */
  get view(): GateView {
    return this.#view;
  }

  /** `/healthcheck/fail` and `/healthcheck/ok`: closed by hand, whatever the components and an override say. */
  failByHand(failed: boolean): void {
    if (this.#closed || failed === this.#failedByHand) return;
    this.#failedByHand = failed;
    this.#log.warn(
      failed ? 'the traffic gate was failed by hand' : 'the traffic gate is no longer failed by hand',
    );
    this.#apply();
  }

  /**
   * Opens or closes it for a while, or ends that (null). Begin, end and expiry are logged as warnings. Throws a
   * `RangeError` when it has no reason or nobody asks, or does not end within 24 hours from now.
   */
  override(override: Override | null): void {
    if (override === null) this.#endOverride('an override of the traffic gate ended');
    else this.#beginOverride(override);
    if (!this.#closed) this.#apply();
  }

  /** Hears of each change of the view. Returns what ends it. */
  onChange(listener: (view: GateView) => void): () => void {
    return this.#onChange.add(listener);
  }

  /** Stops following the components; the view stays as it is. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#unsubscribe();
  }

  #beginOverride({ to, reason, by, until }: Override): void {
    const leftMs = until - this.#clock.wall();
    const override: Override = {
      to,
      reason: oneLine(reason, maxTextLength),
      by: oneLine(by, maxTextLength),
      until,
    };
    const problems: string[] = [];
    if (override.to !== 'open' && override.to !== 'closed') problems.push('it is to `open` or to `closed`');
    if (override.reason === '') problems.push('it has a reason');
    if (override.by === '') problems.push('it says who asks');
    if (!(leftMs > 0 && leftMs <= maxOverrideMs)) problems.push('it ends within 24 hours from now');
    if (problems.length > 0) throw new RangeError(`override of the traffic gate: ${problems.join('; ')}`);
    if (this.#closed) return;
    this.#endOverride('an override of the traffic gate was replaced');
    this.#override = override;
    this.#overrideEndsMs = this.#clock.now() + leftMs;
    this.#log.warn('an override of the traffic gate begins', fieldsOf(override));
    this.#watch();
  }

  #endOverride(message: string): void {
    const override = this.#override;
    if (override === null) return;
    this.#override = null;
    this.#timer?.cancel();
    this.#log.warn(message, fieldsOf(override));
  }

  #watch(): void {
    const waitMs = Math.min(lookMs, Math.max(0, this.#overrideEndsMs - this.#clock.now()));
    this.#timer?.cancel();
    this.#timer = this.#clock.after(waitMs, () => {
      this.#apply();
      if (this.#override !== null) this.#watch();
    });
  }

  /** It ends by whichever clock says so first: it may get shorter when the wall clock is set, never longer. */
  #expire(): void {
    const override = this.#override;
    if (override === null) return;
    if (this.#clock.now() < this.#overrideEndsMs && this.#clock.wall() < override.until) return;
    this.#endOverride('an override of the traffic gate expired');
  }

  #apply(): void {
    this.#expire();
    const before = this.#view;
    const decided = this.#decide(before.hasOpened);
    if (isSame(before, decided)) return;
    const turned = before.state !== decided.state;
    this.#view = { ...decided, since: turned ? this.#clock.wall() : before.since };
    if (turned) this.#record();
    this.#onChange.tell(this.#view);
  }

  #record(): void {
    const { state, waitingFor, override } = this.#view;
    if (state === 'open')
      this.#log.info('the traffic gate opens', { ...(override !== null && { override: override.reason }) });
    else this.#log.warn('the traffic gate closes', { waitingFor: waitingFor.slice(0, 10) });
  }

  #decide(hasOpened: boolean): Omit<GateView, 'since'> {
    return decideGate({
      components: this.#registry.snapshot.components,
      hasOpened,
      failedByHand: this.#failedByHand,
      override: this.#override,
      now: this.#clock.wall(),
    });
  }
}

function isSame(a: Omit<GateView, 'since'>, b: Omit<GateView, 'since'>): boolean {
  return (
    a.state === b.state &&
    a.hasOpened === b.hasOpened &&
    a.override === b.override &&
    a.waitingFor.length === b.waitingFor.length &&
    a.waitingFor.every((reason, index) => reason === b.waitingFor[index])
  );
}

function fieldsOf({ to, reason, by, until }: Override): Readonly<Record<string, unknown>> {
  return { to, reason, by, until: Number.isFinite(until) ? new Date(until).toISOString() : String(until) };
}
