/**
 * The probes' text in the way of Kubernetes' own health endpoints. Pure; whoever serves it chooses the headers.
 */
import { oneLine } from './answer.ts';
import type { HealthSnapshot } from './component.ts';
import type { GateView } from './gate.ts';
import { captureOf } from './near-capture.ts';
import { type ProbeLine, probeLines } from './probe-lines.ts';

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
  const text = lines.map((line) =>
    excluded.has(line.name) ? `[+]${line.name} excluded: ok` : textOf(line, snapshot),
  );
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
  return line === undefined ? null : { ok: line.mark !== 'failed', text: `${textOf(line, snapshot)}\n` };
}

/** What is not well has the capture behind it that may show why. */
function textOf({ name, mark, reason }: ProbeLine, snapshot: HealthSnapshot): string {
  const sign = mark === 'failed' || mark === 'ignored' ? '-' : '+';
  const word = mark === 'ignored' ? 'failed' : mark;
  const capture = mark === 'ok' ? '' : captureOf(snapshot, name);
  const why = `${reason === '' ? '' : `: ${reason}`}${capture === '' ? '' : ` (capture ${capture})`}`;
  return `[${sign}]${name} ${word}${why}`;
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, maxUnmatched).map((name) => JSON.stringify(oneLine(name, maxEchoLength)));
  return `${shown.join(', ')}${names.length > maxUnmatched ? ` and ${names.length - maxUnmatched} more` : ''}`;
}
