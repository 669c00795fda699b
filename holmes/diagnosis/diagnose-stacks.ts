/** What live stacks of a thread that does not answer mean, and what the kernel says where there is no stack. */
import { originOf } from '../profile/frame-origin.ts';
import type { Frame, KernelState, StackSample } from '../profile/handle-profile.ts';
import { constructOfCallees, constructOfLine, isInLoop } from './construct.ts';
import type { DiagnosisContext } from './context.ts';
import type { Diagnosis, Suspect } from './diagnosis.ts';
import { opening } from './opening.ts';
import { namedFunction, placeOf, positionInFunction, readerOf } from './place-name.ts';
import { bodyOf } from './source-text.ts';

interface Seen {
  readonly frame: Frame;
  readonly construct: Suspect['construct'];
  times: number;
}

const maxSuspects = 5;

export function diagnoseStacks(
  stacks: readonly StackSample[],
  kernel: KernelState | null,
  context: DiagnosisContext,
): Diagnosis {
  const seen = innermost(stacks, context);
  const suspects = seen.slice(0, maxSuspects).map((one) => suspectOf(one, stacks.length, context));
  const begin = opening(context);
  const subject = begin === '' ? context.title : `${begin}it`;
  const silent = context.occasion === 'stall' ? ' does not answer' : '';
  const [first] = suspects;
  if (first === undefined) {
    const lead = silent === '' ? ' gave no stack' : `${silent} and gives no stack`;
    return {
      certainty: 'unclear',
      sentence: `${subject}${lead}: ${withoutStack(silent === '' ? null : kernel)}: unclear`,
      suspects,
    };
  }
  const looks = stacks.length === 1 ? 'the one look' : `${seen[0]!.times} of ${stacks.length} looks`;
  const at = `${doingOf(first.construct)}${positionInFunction(first.place, first.owner)} (${looks}${stateOf(kernel)})`;
  const was = silent === '' ? ' was ' : `${silent}: it is `;
  const clear = first.share > 0.5;
  return {
    certainty: clear ? 'named' : 'unclear',
    sentence: `${subject}${was}${at}${clear ? '' : ': unclear'}`,
    suspects,
  };
}

/** By place, most often seen first. */
function innermost(stacks: readonly StackSample[], context: DiagnosisContext): readonly Seen[] {
  const seen = new Map<string, Seen>();
  for (const { frames } of stacks) {
    const at = frames.findIndex((frame) => originOf(frame) === 'program');
    const frame = frames[at];
    if (frame === undefined) continue;
    const callees = frames.slice(0, at).reverse();
    const construct = constructOf(frame, callees, context);
    // A loop is seen at another line each time: the function is what stays.
    const key = `${frame.functionName}\n${frame.url}`;
    const one = seen.get(key) ?? { frame, construct, times: 0 };
    seen.set(key, one);
    one.times++;
  }
  return [...seen.values()].sort((a, b) => b.times - a.times);
}

function constructOf(
  frame: Frame,
  callees: readonly Frame[],
  context: DiagnosisContext,
): Suspect['construct'] {
  const called = constructOfCallees(callees.map(({ functionName, url }) => ({ name: functionName, url })));
  if (called !== null) return called;
  const text = context.sourceLine(frame.url, frame.line);
  if (text === null || callees.length > 0) return null;
  const looks = constructOfLine(text);
  if (looks !== null) return looks;
  return enclosingLoop(frame, context) ? 'loop' : null;
}

/** Live frames say where they are, not where their function begins: that is looked for above. */
function enclosingLoop(frame: Frame, context: DiagnosisContext): boolean {
  const read = readerOf(context, frame.url);
  const name = frame.functionName.split(/[. ]/).at(-1)!;
  for (let line = frame.line; line > Math.max(0, frame.line - 200); line--) {
    const text = read(line);
    if (text === null) return false;
    if (name !== '' && text.includes(`${name}(`) && /[{(]\s*$/.test(text))
      return isInLoop(bodyOf(read, line), frame.line);
  }
  return false;
}

function suspectOf({ frame, construct, times }: Seen, looks: number, context: DiagnosisContext): Suspect {
  const place = placeOf(context, namedFunction(context, frame), frame.line);
  const owner = context.ownerOf(frame.url);
  return { place, construct, share: times / looks, before: null, amount: times, owner };
}

function doingOf(construct: Suspect['construct']): string {
  switch (construct) {
    case 'regular expression':
    case 'loop':
    case 'synchronous crypto':
    case 'synchronous file access':
      return `in the ${construct} at `.replace('crypto', 'cryptography');
    case 'child process':
      return 'waiting for a child process at ';
    case 'JSON':
      return 'in JSON at ';
    default:
      return 'at ';
  }
}

function stateOf(kernel: KernelState | null): string {
  if (kernel?.kind === 'sleeping') return `, waiting in the kernel${channelOf(kernel)}`;
  if (kernel?.kind === 'starved') return ', ready to run but without a core';
  return '';
}

function withoutStack(kernel: KernelState | null): string {
  switch (kernel?.kind) {
    case 'running':
      return 'it is computing in native code, which cannot be looked into';
    case 'sleeping':
      return `it waits in the kernel${channelOf(kernel)}`;
    case 'starved':
      return 'it is ready to run and gets no core';
    default:
      return 'it is at rest or in native code';
  }
}

function channelOf({ waitChannel, systemCall }: KernelState): string {
  const parts = [waitChannel, systemCall === '' ? '' : `system call ${systemCall}`].filter(
    (part) => part !== '',
  );
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
