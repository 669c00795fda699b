/**
 * The model as `application/health+json` (draft-inadarei-api-health-check-06), with what changed lately. Pure; whoever
 * serves it chooses status and headers.
 */
import type { ComponentStatus, ComponentView, HealthSnapshot, ItemReport, Transition } from './component.ts';
import type { GateView } from './gate.ts';
import { captureOf } from './near-capture.ts';
import { canServe } from './severity.ts';

/** Of the transitions, so many of the newest are told. */
const maxTransitions = 50;

export interface ServiceInfo {
  readonly releaseId: string;
  readonly version: string;
  readonly serviceId: string;
}

export type HealthWord = 'pass' | 'warn' | 'fail';

/** One entry of `checks`. The draft allows further keys beside its own: those from `required` on. */
export interface HealthCheckJson {
  readonly componentId: string;
  readonly componentType: string;
  readonly observedValue: string;
  readonly status: HealthWord;
  /** ISO 8601; missing when it was never observed. */
  readonly time?: string;
  /** Missing when it passes, as the draft wants it; then `detail` may say what it is. */
  readonly output?: string;
  readonly detail?: string;
  readonly required?: boolean;
  readonly freshness?: ComponentView['freshness'];
  readonly tookMs?: number;
  readonly itemCount?: number;
  /** Of a component that is not well: the profile that was captured about the time at which that began. */
  readonly capture?: string;
}

/** One change of a status. */
export interface TransitionJson {
  /** ISO 8601. */
  readonly time: string;
  readonly componentId: string;
  readonly from: ComponentStatus;
  readonly to: ComponentStatus;
  readonly cause: string;
  /** The profile that was captured about that time; missing when there is none. */
  readonly capture?: string;
}

export interface HealthJson extends ServiceInfo {
  /** 503 for `fail`, else 200. */
  readonly status: HealthWord;
  readonly description: string;
  readonly notes: readonly string[];
  readonly output?: string;
  readonly checks: Readonly<Record<string, readonly HealthCheckJson[]>>;
  /** Ours, newest first, at most 50. */
  readonly transitions: readonly TransitionJson[];
}

/** Fails when the gate is closed, warns when anything is less than healthy or an override holds the gate open. */
export function healthJson(snapshot: HealthSnapshot, gate: GateView, info: ServiceInfo): HealthJson {
  const status =
    gate.state === 'closed'
      ? 'fail'
      : snapshot.status === 'healthy' && gate.override === null
        ? 'pass'
        : 'warn';
  const output = gate.waitingFor.join('; ');
  const checks: [string, readonly HealthCheckJson[]][] = [['traffic-gate:state', [gateCheck(gate)]]];
  for (const component of snapshot.components) {
    checks.push([
      `${component.name}:status`,
      [componentCheck(component, captureOf(snapshot, component.name))],
    ]);
    if (component.items.length > 0)
      checks.push([`${component.name}:items`, component.items.map((item) => itemCheck(item, component))]);
  }
  return {
    status,
    version: info.version,
    releaseId: info.releaseId,
    serviceId: info.serviceId,
    description: `health of ${info.serviceId}`,
    notes: [`components: ${snapshot.status}`, `traffic gate: ${gate.state}`, ...overrideNote(gate)],
    ...(output !== '' && { output }),
    checks: Object.fromEntries(checks),
    transitions: snapshot.transitions.slice(0, maxTransitions).map(transitionJson),
  };
}

function gateCheck({ state, waitingFor, override, since }: GateView): HealthCheckJson {
  const status = state === 'closed' ? 'fail' : override === null ? 'pass' : 'warn';
  const output =
    state === 'closed'
      ? waitingFor.join('; ')
      : override === null
        ? ''
        : `an override holds it open: ${override.reason}`;
  return {
    componentId: 'traffic-gate',
    componentType: 'gate',
    observedValue: state,
    status,
    ...timeOf(since),
    ...(output !== '' && { output }),
  };
}

function componentCheck(component: ComponentView, capture: string): HealthCheckJson {
  const { kind, status, freshness, detail, checkedAt, required, tookMs, itemCount } = component;
  const isKnown = freshness === 'fresh' || wordOf(status) === 'fail';
  const output = freshness === 'stale' ? `stale: ${detail || status}` : detail;
  return {
    ...checkOf(component, { kind, checkedAt, output, word: isKnown ? wordOf(status) : 'warn' }),
    required,
    freshness,
    tookMs,
    itemCount,
    ...(capture !== '' && { capture }),
  };
}

function itemCheck(item: ItemReport, { kind, checkedAt }: ComponentView): HealthCheckJson {
  return checkOf(item, { kind, checkedAt, output: item.detail, word: wordOf(item.status) });
}

/** What a component and one of its items have in common. `output`: said when it does not pass. */
function checkOf(
  { name, status, detail }: Pick<ItemReport, 'name' | 'status' | 'detail'>,
  {
    kind,
    checkedAt,
    output,
    word,
  }: {
    readonly kind: string;
    readonly checkedAt: number;
    readonly output: string;
    readonly word: HealthWord;
  },
): HealthCheckJson {
  return {
    componentId: name,
    componentType: kind,
    observedValue: status,
    status: word,
    ...timeOf(checkedAt),
    ...(word === 'pass' ? detail !== '' && { detail } : { output: output || status }),
  };
}

function transitionJson({ at, component, from, to, cause, captureId }: Transition): TransitionJson {
  const time = new Date(at).toISOString();
  return { time, componentId: component, from, to, cause, ...(captureId !== '' && { capture: captureId }) };
}

function wordOf(status: ComponentStatus): HealthWord {
  if (status === 'healthy') return 'pass';
  return canServe(status) || status === 'starting' ? 'warn' : 'fail';
}

function overrideNote({ override }: GateView): readonly string[] {
  if (override === null) return [];
  const { to, by, until, reason } = override;
  return [`override to ${to} by ${by} until ${new Date(until).toISOString()}: ${reason}`];
}

function timeOf(at: number): { readonly time?: string } {
  return at === 0 ? {} : { time: new Date(at).toISOString() };
}
