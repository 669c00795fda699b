/**
 * Static health: what each part of a program says of itself. Checks run in the background; whoever asks reads the last
 * answer and how old it is.
 */
export const ComponentStatus = ['starting', 'healthy', 'degraded', 'unhealthy', 'stopped'] as const;
export type ComponentStatus = (typeof ComponentStatus)[number];

/** One thing that a component has several of: a listener, an endpoint, a subscription. */
export interface ItemReport {
  readonly name: string;
  readonly status: ComponentStatus;
  /** For people, such as an address or the error; empty: nothing to add. Never a secret. */
  readonly detail: string;
}

export interface ComponentReport {
  readonly status: ComponentStatus;
  /** One line: why it is not healthy, or what it is. */
  readonly detail: string;
  /** At most 100 are kept, the worst first; `itemCount` tells how many there are. */
  readonly items: readonly ItemReport[];
  readonly itemCount: number;
}

/** Something whose health is asked for. */
export interface Component {
  /** Unique, of letters, digits, `-` and `_`: part of a path. */
  readonly name: string;
  /** `listener`, `cluster`, `config`, `thread`, `exporter`, `store`, ...; for people. */
  readonly kind: string;
  /** Traffic is not opened before every required one is healthy (or degraded). */
  readonly required: boolean;
  readonly periodMs: number;
  /** A check that takes longer counts as failed; its answer, if it comes, is dropped. */
  readonly deadlineMs: number;
  /** So many answers in a row that are worse before the status gets worse (1: at once), and better before it recovers. */
  readonly failAfter: number;
  readonly recoverAfter: number;
  check(signal: AbortSignal): ComponentReport | Promise<ComponentReport>;
}

export interface ComponentView {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  /** After hysteresis. */
  readonly status: ComponentStatus;
  /** `stale`: the last answer is older than three periods; `unknown`: there was none yet. Both block opening, not serving. */
  readonly freshness: 'fresh' | 'stale' | 'unknown';
  readonly detail: string;
  readonly items: readonly ItemReport[];
  readonly itemCount: number;
  /** Unix milliseconds of the last answer, 0 before the first; and how long it took. */
  readonly checkedAt: number;
  readonly tookMs: number;
  /** Unix milliseconds since when it has this status. */
  readonly since: number;
}

export interface Transition {
  /** Unix milliseconds. */
  readonly at: number;
  readonly component: string;
  readonly from: ComponentStatus;
  readonly to: ComponentStatus;
  readonly cause: string;
  /** A profile that was captured about that time, if somebody tells; empty otherwise. */
  readonly captureId: string;
}

/** The whole, made anew at each change: reading it is a property access. */
export interface HealthSnapshot {
  readonly at: number;
  /** The worst of the required components, or degraded when an optional one is not well. */
  readonly status: ComponentStatus;
  readonly components: readonly ComponentView[];
  /** Newest first, at most 200. */
  readonly transitions: readonly Transition[];
}
