/** A snapshot and its gate, of components that a test makes up. */
import type {
  ComponentStatus,
  ComponentView,
  HealthSnapshot,
  Transition,
} from '../../../../health/component/component.ts';
import type { GateView, Override } from '../../../../health/component/gate.ts';
import { wholeStatus } from '../../../../health/component/severity.ts';
import { decideGate } from '../../../../health/component/traffic-gate.ts';

const now: number = Date.UTC(2026, 10, 20, 9);
export const override: Override = { to: 'open', reason: 'a drill', by: 'ops', until: now + 60_000 };

export function view(
  name: string,
  status: ComponentStatus,
  more: Partial<ComponentView> = {},
): ComponentView {
  return {
    name,
    kind: 'cluster',
    required: true,
    status,
    freshness: 'fresh',
    detail: '',
    items: [],
    itemCount: 0,
    checkedAt: now,
    tookMs: 2,
    since: now,
    ...more,
  };
}

export function state(
  components: readonly ComponentView[],
  {
    transitions = [],
    ...more
  }: {
    readonly hasOpened?: boolean;
    readonly override?: Override;
    readonly failedByHand?: boolean;
    readonly transitions?: readonly Transition[];
  } = {},
): [HealthSnapshot, GateView] {
  const gate = decideGate({
    components,
    hasOpened: false,
    failedByHand: false,
    override: null,
    now,
    ...more,
  });
  return [
    { at: now, status: wholeStatus(components), components, transitions },
    { ...gate, since: now },
  ];
}

export const refused: ComponentView = view('app', 'unhealthy', { detail: '0 of 2 endpoints are healthy' });

/** Of the component `app`. */
export function transition(
  to: ComponentStatus,
  captureId: string,
  more: Partial<Transition> = {},
): Transition {
  return { at: now, component: 'app', from: 'starting', to, cause: 'refused', captureId, ...more };
}
