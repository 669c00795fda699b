/** Static health as metrics; everything is read from the snapshot at the scrape, but the transitions, which are counted. */
import {
  ComponentStatus,
  type ComponentView,
  type GateView,
  type HealthSnapshot,
  type Transition,
} from '../../../health/static.ts';
import { Collector, type CollectorOptions, type Exposition, type Sample } from '../../telemetry/control.ts';

/** What is measured. */
export interface MeasuredHealth {
  readonly snapshot: HealthSnapshot;
  readonly gate: GateView;
  onTransition(listener: (transition: Transition) => void): unknown;
}

/** Registers the metrics of `health`, which lives as long as the registry. */
export function measureHealth(registry: Exposition['registry'], health: MeasuredHealth): void {
  // By component and the status it came to: nine components and five statuses.
  const transitions = new Map<string, Map<ComponentStatus, number>>();
  health.onTransition(({ component, to }) => {
    const counts = transitions.get(component) ?? new Map<ComponentStatus, number>();
    transitions.set(component, counts.set(to, (counts.get(to) ?? 0) + 1));
  });
  const countsOf = (component: string): readonly Sample[] =>
    ComponentStatus.map((status) => ({
      value: transitions.get(component)?.get(status) ?? 0,
      labels: { component, status },
    }));
  const collectors: readonly CollectorOptions[] = [
    {
      name: 'meshlock_health_component_status',
      help: 'Status of a component: 1 for the one it has, 0 for the others.',
      type: 'gauge',
      labelNames: ['component', 'kind', 'required', 'status'],
      read: () => health.snapshot.components.flatMap(statusSamples),
    },
    {
      name: 'meshlock_health_component_checked_timestamp_seconds',
      help: 'When a component was last looked at, Unix time.',
      type: 'gauge',
      labelNames: ['component'],
      read: () => health.snapshot.components.map(checkedSample),
    },
    {
      name: 'meshlock_health_transitions_total',
      help: 'Changes of a status, by what it became.',
      type: 'counter',
      labelNames: ['component', 'status'],
      read: () => health.snapshot.components.flatMap(({ name }) => countsOf(name)),
    },
    {
      name: 'meshlock_gate_open',
      help: '1 while the gate is open to traffic.',
      type: 'gauge',
      read: () => [{ value: health.gate.state === 'open' ? 1 : 0, labels: {} }],
    },
    {
      name: 'meshlock_gate_overridden',
      help: '1 while somebody holds the gate open or closed.',
      type: 'gauge',
      read: () => [{ value: health.gate.override === null ? 0 : 1, labels: {} }],
    },
  ];
  for (const options of collectors) new Collector(options).registerIn(registry);
}

function checkedSample({ name, checkedAt }: ComponentView): Sample {
  return { value: checkedAt / 1000, labels: { component: name } };
}

function statusSamples({ name, kind, required, status }: ComponentView): Sample[] {
  return ComponentStatus.map((each) => ({
    value: each === status ? 1 : 0,
    labels: { component: name, kind, required: String(required), status: each },
  }));
}
