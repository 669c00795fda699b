/** The traffic gate: closed until every required component is well; told apart from readiness, which may come and go. */
import type { ComponentView } from './component.ts';

export interface Override {
  /** `open`: although something is missing; `closed`: although nothing is. */
  readonly to: 'open' | 'closed';
  readonly reason: string;
  /** Who asked, as far as it is known; for the log. */
  readonly by: string;
  /** Unix milliseconds. */
  readonly until: number;
}

export interface GateView {
  readonly state: 'closed' | 'open';
  /** It has been open before: then an unknown or stale component does not close it again. */
  readonly hasOpened: boolean;
  /** Names of components it waits for, with why: `cluster app: 0 of 2 endpoints are healthy`. Empty when open. */
  readonly waitingFor: readonly string[];
  readonly override: Override | null;
  readonly since: number;
}

export interface GateInput {
  readonly components: readonly ComponentView[];
  readonly hasOpened: boolean;
  readonly failedByHand: boolean;
  readonly override: Override | null;
  readonly now: number;
}
