/**
 * What each of the three probes looks at, line by line, and which lines decide. Liveness looks at this process only: were
 * it to look at what others are in charge of, a broken dependency would have every node of a fleet restarted.
 */
import type { ComponentView, HealthSnapshot } from './component.ts';
import type { GateView } from './gate.ts';
import { blockedBy } from './gate-decision.ts';

export interface ProbeLine {
  readonly name: string;
  /** `ignored`: not well, but optional or overridden. `ok` and `degraded` pass, `failed` decides. */
  readonly mark: 'ok' | 'degraded' | 'ignored' | 'failed';
  readonly reason: string;
}

/** Kinds of component that live and die with this process, so that a restart is the remedy. */
const localKinds: ReadonlySet<string> = new Set(['process', 'thread']);

export function probeLines(
  snapshot: HealthSnapshot,
  gate: GateView,
  probe: 'livez' | 'readyz' | 'startupz',
): readonly ProbeLine[] {
  if (probe === 'livez')
    return [ok('ping'), ...snapshot.components.filter(({ kind }) => localKinds.has(kind)).map(liveLine)];
  if (probe === 'readyz')
    return [gateLine(gate), ...snapshot.components.map((component) => servingLine(component, gate))];
  // Once it has started it has started: what happens later is for the other two probes.
  const started = gate.hasOpened || gate.state === 'open';
  return [
    startLine(snapshot, started),
    ...snapshot.components.map((component) => (started ? ok(component.name) : line(component, false))),
  ];
}

/** Only what is known to be broken fails: a deliberate stop, a beginning and an unknown are no reason for a restart. */
function liveLine(component: ComponentView): ProbeLine {
  const { name, required, status, freshness, detail } = component;
  if (status !== 'unhealthy' || freshness !== 'fresh') return ok(name);
  return { name, mark: required ? 'failed' : 'ignored', reason: detail || status };
}

function gateLine({ state, waitingFor, override }: GateView): ProbeLine {
  if (state === 'closed') return { name: 'traffic-gate', mark: 'failed', reason: waitingFor.join('; ') };
  if (override === null) return ok('traffic-gate');
  return { name: 'traffic-gate', mark: 'ok', reason: `${override.by} holds it open: ${override.reason}` };
}

function servingLine(component: ComponentView, gate: GateView): ProbeLine {
  const decided = line(component, gate.hasOpened);
  const forced = gate.state === 'open' && gate.override?.to === 'open';
  if (!forced || decided.mark !== 'failed') return decided;
  return { ...decided, mark: 'ignored', reason: `${decided.reason} (overridden)` };
}

function startLine({ components }: HealthSnapshot, started: boolean): ProbeLine {
  const blind = !started && components.every(({ freshness }) => freshness === 'unknown');
  return blind
    ? { name: 'started', mark: 'failed', reason: 'no component has been checked yet' }
    : ok('started');
}

function line(component: ComponentView, hasOpened: boolean): ProbeLine {
  const { name, required, status, freshness, detail } = component;
  if (blockedBy(component, hasOpened) !== null) return { name, mark: 'failed', reason: whyNot(component) };
  if (status === 'healthy') return freshness === 'fresh' ? ok(name) : { name, mark: 'ok', reason: freshness };
  if (status === 'degraded') return { name, mark: 'degraded', reason: detail };
  return {
    name,
    mark: 'ignored',
    reason: required ? `${detail || status} (has been serving)` : `${detail || status} (optional)`,
  };
}

function whyNot({ status, freshness, detail }: ComponentView): string {
  if (freshness === 'unknown') return 'not checked yet';
  const known = detail === '' ? status : detail;
  return freshness === 'stale' ? `stale, last: ${known}` : known;
}

function ok(name: string): ProbeLine {
  return { name, mark: 'ok', reason: '' };
}
