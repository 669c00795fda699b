/**
 * Time by the functions to blame, each with the line that it spends most at, what it does there, and what it took before:
 * what a diagnosis of CPU time chooses from.
 */
import { placeKey } from '../baseline/baseline.ts';
import { functionKey } from '../baseline/profile-baseline.ts';
import type { CpuCharge, CpuCharges } from '../profile/cpu-charges.ts';
import { type Construct, awaits, constructOfCallees, constructOfLine, isInLoop } from './construct.ts';
import type { DiagnosisContext } from './context.ts';
import { namedFunction, type ProgramFunction, readerOf } from './place-name.ts';
import { bodyOf, lineOfCall, lineWhere } from './source-text.ts';

export interface CpuSpot {
  readonly made: ProgramFunction;
  /** The line that most of the time is spent at, from 1. */
  readonly line: number;
  readonly construct: Construct | null;
  /** Node's or V8's function that the time goes through, such as `pbkdf2Sync`; empty: none. */
  readonly through: string;
  readonly us: number;
  /** Share of all time in the baseline, 0 to 1; `null` without one. */
  readonly before: number | null;
}

interface Tally {
  readonly made: ProgramFunction;
  us: number;
  readonly lines: Map<number, number>;
  readonly constructs: Map<Construct | null, number>;
  readonly through: Map<string, number>;
  readonly keys: Set<string>;
  readonly functionKeys: Set<string>;
}

/** Most time first. */
export function cpuSpots({ charges, runtimeUs }: CpuCharges, context: DiagnosisContext): readonly CpuSpot[] {
  const tallies = new Map<string, Tally>();
  const named = new Map<string, ProgramFunction>();
  for (const charge of charges) {
    const { functionName, url, functionLine } = charge;
    const rawKey = placeKey(functionName, url, functionLine);
    const made = named.get(rawKey) ?? namedFunction(context, { functionName, url, line: functionLine });
    named.set(rawKey, made);
    const key = placeKey(made.functionName, url, made.line);
    const tally = tallies.get(key) ?? newTally(made);
    tallies.set(key, tally);
    addCharge(tally, charge, context);
  }
  const all = [...tallies.values()];
  giveRuntime(all, 'timers', runtimeUs.timers);
  giveRuntime(all, 'promises', runtimeUs.microtasks);
  return all.map((tally) => spotOf(tally, context)).sort((a, b) => b.us - a.us);
}

function newTally(made: ProgramFunction): Tally {
  return {
    made,
    us: 0,
    lines: new Map(),
    constructs: new Map(),
    through: new Map(),
    keys: new Set(),
    functionKeys: new Set(),
  };
}

function addCharge(tally: Tally, charge: CpuCharge, context: DiagnosisContext): void {
  const { functionName, url, functionLine, callees, us } = charge;
  const line = charge.line || lineOfCallees(charge, context);
  tally.us += us;
  add(tally.lines, line || functionLine, us);
  add(tally.constructs, constructOf(charge, line, context), us);
  if (callees.length > 0) add(tally.through, callees[0]!.name, us);
  tally.keys.add(placeKey(functionName, url, charge.line || functionLine));
  tally.functionKeys.add(functionKey(functionName, url, functionLine));
}

/** The profile does not say on which line the function made the call: a live stack may, else the source. */
function lineOfCallees(
  { callees, functionName, url, functionLine }: CpuCharge,
  context: DiagnosisContext,
): number {
  const [first] = callees;
  if (first === undefined) return 0;
  for (const { frames } of context.stacks) {
    const frame = frames.find(
      (one) => one.url === url && lastPart(one.functionName) === lastPart(functionName),
    );
    if (frame !== undefined) return frame.line;
  }
  const read = readerOf(context, url);
  if (!first.name.startsWith('RegExp: ')) return lineOfCall(read, functionLine, first.name);
  const source = first.name.slice('RegExp: '.length);
  return (
    lineWhere(read, functionLine, (text) => text.includes(`/${source}/`)) ||
    lineWhere(read, functionLine, (text) => constructOfLine(text) === 'regular expression')
  );
}

function constructOf(charge: CpuCharge, line: number, context: DiagnosisContext): Construct | null {
  const called = constructOfCallees(charge.callees);
  if (called !== null) return called;
  const text = line > 0 ? context.sourceLine(charge.url, line) : null;
  if (text === null) return null;
  if (charge.callees.some(({ url }) => url !== '')) return null;
  const looks = constructOfLine(text);
  if (looks !== null) return looks;
  if (charge.under === 'microtasks' && awaits(text)) return 'promises';
  return isInLoop(bodyOf(readerOf(context, charge.url), charge.functionLine), line) ? 'loop' : null;
}

/** What the runtime spends on timers or promises belongs to those who use them, in proportion. */
function giveRuntime(tallies: readonly Tally[], construct: Construct, us: number): void {
  const users = tallies.filter((tally) => tally.constructs.has(construct));
  const sum = users.reduce((total, tally) => total + tally.constructs.get(construct)!, 0);
  for (const tally of users) {
    const part = (us * tally.constructs.get(construct)!) / sum;
    tally.us += part;
    add(tally.constructs, construct, part);
  }
}

function spotOf(tally: Tally, context: DiagnosisContext): CpuSpot {
  const { baseline } = context;
  const shares = [...tally.keys].map((key) => baseline.cpuShare(key));
  const whole = [...tally.functionKeys].map((key) => baseline.cpuShare(key));
  const known = shares.every((share) => share !== null);
  const before = known ? Math.max(sumOf(shares), sumOf(whole)) : null;
  const construct = constructOfMost(tally);
  const line = largestKey(tally.lines) ?? tally.made.line;
  const json = construct === 'JSON' ? context.sourceLine(tally.made.url, line) : null;
  const through = /\bJSON\.\w+/.exec(json ?? '')?.[0] ?? largestKey(tally.through) ?? '';
  return { made: tally.made, line, construct, through, us: tally.us, before };
}

/** Much of what a function does has no name; a quarter of its time that has one says what it is about. */
function constructOfMost({ constructs, us }: Tally): Construct | null {
  const known = new Map([...constructs].filter(([construct]) => construct !== null));
  const largest = largestKey(known);
  return largest !== null && known.get(largest)! >= us / 4 ? largest : null;
}

function sumOf(shares: readonly (number | null)[]): number {
  return shares.reduce<number>((sum, share) => sum + (share ?? 0), 0);
}

function largestKey<Key>(parts: ReadonlyMap<Key, number>): Key | null {
  let best: Key | null = null;
  let most = 0;
  for (const [key, part] of parts)
    if (part > most) {
      best = key;
      most = part;
    }
  return best;
}

function add<Key>(parts: Map<Key, number>, key: Key, more: number): void {
  parts.set(key, (parts.get(key) ?? 0) + more);
}

function lastPart(name: string): string {
  return name.split(/[. ]/).at(-1)!;
}
