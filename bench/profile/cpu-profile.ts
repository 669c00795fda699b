/** Reads a V8 CPU profile: which functions, and which lines in them, the time was spent in itself. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds between one sample and the one before. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** From 0. */
    readonly lineNumber: number;
  };
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
}

export interface HotFunction {
  readonly name: string;
  /** File and line, empty for what is no script: `(garbage collector)`, `(program)`. */
  readonly place: string;
  readonly selfMicros: number;
  /** Lines by samples, most first. */
  readonly lines: readonly { readonly line: number; readonly ticks: number }[];
}

export interface ProfileSummary {
  readonly busyMicros: number;
  readonly idleMicros: number;
  /** Most self time first. */
  readonly functions: readonly HotFunction[];
}

interface Tally {
  readonly name: string;
  readonly place: string;
  selfMicros: number;
  readonly lines: Map<number, number>;
}

/** The part of a URL that tells files apart: below `dist/` or `node_modules/`, else the last two steps. */
export function shortPlace(url: string, line: number): string {
  if (url === '') return '';
  const path = url.replace(/^file:\/\//, '');
  const short = /(?:^|\/)dist\/(.*)$/.exec(path)?.[1] ?? /(node_modules\/.*)$/.exec(path)?.[1];
  return `${short ?? path.split('/').slice(-2).join('/')}:${line + 1}`;
}

export function summarizeProfile(profile: CpuProfile): ProfileSummary {
  const selfMicros = new Map<number, number>();
  profile.samples.forEach((id, index) => {
    selfMicros.set(id, (selfMicros.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  const tallies = new Map<string, Tally>();
  let idleMicros = 0;
  let busyMicros = 0;
  for (const { id, callFrame, positionTicks } of profile.nodes) {
    const micros = selfMicros.get(id) ?? 0;
    if (callFrame.functionName === '(idle)') {
      idleMicros += micros;
      continue;
    }
    busyMicros += micros;
    const place = shortPlace(callFrame.url, callFrame.lineNumber);
    const name = callFrame.functionName || '(anonymous)';
    const tally: Tally = tallies.get(`${name} ${place}`) ?? { name, place, selfMicros: 0, lines: new Map() };
    tally.selfMicros += micros;
    for (const { line, ticks } of positionTicks ?? []) {
      tally.lines.set(line, (tally.lines.get(line) ?? 0) + ticks);
    }
    tallies.set(`${name} ${place}`, tally);
  }
  const functions = [...tallies.values()]
    .filter((one) => one.selfMicros > 0)
    .sort((a, b) => b.selfMicros - a.selfMicros)
    .map(({ lines, ...rest }) => ({
      ...rest,
      lines: [...lines].map(([line, ticks]) => ({ line, ticks })).sort((a, b) => b.ticks - a.ticks),
    }));
  return { busyMicros, idleMicros, functions };
}

const share = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

/** A table for people. Shares are of the time the thread was not idle. */
export function renderProfile(
  summary: ProfileSummary,
  { top, lines }: { top: number; lines: number },
): string {
  const { busyMicros, idleMicros, functions } = summary;
  const rows = functions.slice(0, top).map(({ name, place, selfMicros, lines: hot }) => {
    const total = hot.reduce((sum, { ticks }) => sum + ticks, 0);
    const hottest = hot.slice(0, lines).map(({ line, ticks }) => `${line}: ${share(ticks, total)}`);
    const where = hottest.length > 0 && place !== '' ? `   [lines ${hottest.join(', ')}]` : '';
    return `${share(selfMicros, busyMicros).padStart(7)}  ${name.padEnd(34)} ${place}${where}`;
  });
  return `busy ${share(busyMicros, busyMicros + idleMicros)} of ${((busyMicros + idleMicros) / 1e6).toFixed(1)} s\n   self  function\n${rows.join('\n')}`;
}
