/**
 * The model in the forms that others read: the probes' text in the way of Kubernetes' own health endpoints, and
 * `application/health+json` (draft-inadarei-api-health-check-06). Pure; whoever serves them chooses status and headers.
 */
import { oneLine } from './answer.ts';
import type { ComponentStatus, ComponentView, HealthSnapshot, ItemReport } from './component.ts';
import type { GateView } from './gate.ts';
import { type ProbeLine, probeLines } from './probe-lines.ts';
import { canServe } from './severity.ts';

/**
 * `livez`: this process works, whatever it depends on. `readyz`: traffic flows. `startupz`: it was ready once, or would
 * be as far as its components tell.
 */
export type Probe = 'livez' | 'readyz' | 'startupz';

export interface ProbeOptions {
  readonly probe: Probe;
  /** Names that do not count. `traffic-gate` is one too: excluding a component does not open the gate that waits for it. */
  readonly exclude: readonly string[];
}

export interface ProbeText {
  /** 200 or 503. */
  readonly ok: boolean;
  /** Lines that end in `\n`. */
  readonly text: string;
}

/** What a caller asked for that does not exist is repeated to it at most so far. */
const maxUnmatched = 20;
const maxEchoLength = 100;

/** All lines of a probe, and what they come to. */
export function verboseText(
  snapshot: HealthSnapshot,
  gate: GateView,
  { probe, exclude }: ProbeOptions,
): ProbeText {
  const lines = probeLines(snapshot, gate, probe);
  const excluded = new Set(exclude);
  const text = lines.map((line) => textOf(line, excluded.has(line.name)));
  const known = new Set(lines.map(({ name }) => name));
  const unmatched = [...excluded].filter((name) => !known.has(name));
  if (unmatched.length > 0)
    text.push(`warn: some health checks cannot be excluded: no matches for ${quoted(unmatched)}`);
  const ok = lines.every(({ name, mark }) => mark !== 'failed' || excluded.has(name));
  text.push(`${probe} check ${ok ? 'passed' : 'failed'}`);
  return { ok, text: `${text.join('\n')}\n` };
}

/** One line of a probe, as for `/readyz/{name}`; null when the probe has none of this name. */
export function lineText(
  snapshot: HealthSnapshot,
  gate: GateView,
  query: { readonly probe: Probe; readonly name: string },
): ProbeText | null {
  const line = probeLines(snapshot, gate, query.probe).find(({ name }) => name === query.name);
  return line === undefined ? null : { ok: line.mark !== 'failed', text: `${textOf(line, false)}\n` };
}

function textOf({ name, mark, reason }: ProbeLine, excluded: boolean): string {
  if (excluded) return `[+]${name} excluded: ok`;
  const sign = mark === 'failed' || mark === 'ignored' ? '-' : '+';
  const word = mark === 'ignored' ? 'failed' : mark;
  return `[${sign}]${name} ${word}${reason === '' ? '' : `: ${reason}`}`;
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, maxUnmatched).map((name) => JSON.stringify(oneLine(name, maxEchoLength)));
  return `${shown.join(', ')}${names.length > maxUnmatched ? ` and ${names.length - maxUnmatched} more` : ''}`;
}

export interface ServiceInfo {
  readonly releaseId: string;
  readonly version: string;
  readonly serviceId: string;
}

export type HealthWord = 'pass' | 'warn' | 'fail';

/** One entry of `checks`. The draft allows further keys beside its own: `required`, `freshness`, `tookMs`, `itemCount`. */
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
}

export interface HealthJson extends ServiceInfo {
  /** 503 for `fail`, else 200. */
  readonly status: HealthWord;
  readonly description: string;
  readonly notes: readonly string[];
  readonly output?: string;
  readonly checks: Readonly<Record<string, readonly HealthCheckJson[]>>;
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
    checks.push([`${component.name}:status`, [componentCheck(component)]]);
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

function componentCheck(component: ComponentView): HealthCheckJson {
  const { name, kind, status, freshness, detail, checkedAt, required, tookMs, itemCount } = component;
  const word = freshness === 'fresh' || wordOf(status) === 'fail' ? wordOf(status) : 'warn';
  const output = freshness === 'stale' ? `stale: ${detail || status}` : detail || status;
  return {
    componentId: name,
    componentType: kind,
    observedValue: status,
    status: word,
    ...timeOf(checkedAt),
    ...(word === 'pass' ? detail !== '' && { detail } : { output }),
    required,
    freshness,
    tookMs,
    itemCount,
  };
}

function itemCheck(
  { name, status, detail }: ItemReport,
  { kind, checkedAt }: ComponentView,
): HealthCheckJson {
  const word = wordOf(status);
  const words = word === 'pass' ? detail !== '' && { detail } : { output: detail || status };
  return {
    componentId: name,
    componentType: kind,
    observedValue: status,
    status: word,
    ...timeOf(checkedAt),
    ...words,
  };
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
