/** Takes one capture of a subject: gets the profile, explains it, and brings it into the forms that tools open. */
import type { ProfileBaseline } from '../baseline/profile-baseline.ts';
import type { Clock } from '../clock.ts';
import { cpuAsWritten, handlesAsWritten, heapAsWritten, stacksAsWritten } from '../diagnosis/as-written.ts';
import type { DiagnosisContext } from '../diagnosis/context.ts';
import { diagnoseCpu, diagnoseHandles, diagnoseHeap, diagnoseStacks } from '../diagnosis/diagnose.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { SourceFiles } from '../diagnosis/source-files.ts';
import type { CpuProfile } from '../profile/cpu-profile.ts';
import type { KernelState, StackSample } from '../profile/handle-profile.ts';
import type { HeapProfile } from '../profile/heap-profile.ts';
import { encodeCpu } from '../profile/pprof-cpu.ts';
import { encodeHandles } from '../profile/pprof-handles.ts';
import { encodeHeap } from '../profile/pprof-heap.ts';
import { trimCpuProfile } from '../recorder/cpu-window.ts';
import type { RingView } from '../reading.ts';
import type { CaptureStore, NewFile } from '../store/store.ts';
import type { CaptureKind, Subject } from '../subject/subject.ts';
import type { CaptureOrder } from './order.ts';
import { takeSnapshot } from './take-snapshot.ts';

export interface TakeTools {
  readonly clock: Clock;
  readonly store: CaptureStore;
  readonly baseline: ProfileBaseline;
  readonly readings: () => RingView;
  readonly fileName: DiagnosisContext['fileName'];
  readonly ownerOf: DiagnosisContext['ownerOf'];
  /** Compiled programs are shown as they were written. */
  readonly sources: SourceFiles;
}

export interface Taken {
  /** Unix milliseconds that the profile covers. */
  readonly from: number;
  readonly to: number;
  readonly files: readonly NewFile[];
  readonly stacks: readonly StackSample[];
  readonly kernel: KernelState | null;
  readonly diagnosis: Diagnosis;
  /** As it came, of a heap capture. */
  readonly heap?: HeapProfile;
}

/** A stuck thread that takes longer to answer was in native code, and has left it: there is no stack to be seen any more. */
const nativeMs = 300;

/** How many looks at the live stack of a thread that does not answer. */
const stackCount = 3;

/** Rejects with an Error that says why the capture cannot be had. */
export function take(subject: Subject, order: CaptureOrder, tools: TakeTools): Promise<Taken> {
  const kernel = subject.kind === 'thread' ? subject.kernelState() : null;
  return takers[order.kind](subject, order, { ...tools, kernel });
}

type Taker = (
  subject: Subject,
  order: CaptureOrder,
  tools: TakeTools & { readonly kernel: KernelState | null },
) => Promise<Taken>;

const takers: Readonly<Record<CaptureKind, Taker>> = {
  async cpu(subject, order, tools) {
    // First the profile: while its message waits for the end of native code, the looks at the stack wait behind it.
    const askedMs = tools.clock.now();
    const cutting = subject.cutCpu({ beforeMs: order.beforeMs, afterMs: order.afterMs });
    const looking = order.silentMs > 0 ? subject.stacks(stackCount).catch(() => []) : null;
    const profile = cpuAsWritten(await cutting, tools.sources);
    const waitedMs = tools.clock.now() - askedMs;
    const to = tools.clock.wall();
    const seen = looking === null || waitedMs > nativeMs ? [] : await looking;
    const stacks = stacksAsWritten(seen, tools.sources);
    const context = contextOf(subject, order, tools, stacks);
    const silentMs = order.silentMs === 0 ? 0 : order.silentMs + waitedMs;
    const diagnosis = diagnoseCpu(suspiciousPart(profile, silentMs), context);
    const from = to - (profile.endTime - profile.startTime) / 1000;
    const meta = { at: from, comments: [diagnosis.sentence, order.reason] };
    const pprof = await encodeCpu(profile, meta);
    const files: NewFile[] = [
      { format: 'pb.gz', bytes: pprof },
      { format: 'cpuprofile', bytes: jsonBytes(profile) },
    ];
    return { from, to, files, stacks, kernel: tools.kernel, diagnosis };
  },

  async heap(subject, order, tools) {
    return heapTaken(await subject.heapProfile(), subject, order, tools);
  },

  async handles(subject, order, tools) {
    const from = tools.clock.wall();
    const profile = handlesAsWritten(await subject.handles(order.armMs), tools.sources);
    const to = tools.clock.wall();
    const diagnosis = diagnoseHandles(profile, contextOf(subject, order, tools, []));
    const meta = { at: to, comments: [diagnosis.sentence, order.reason] };
    const files: NewFile[] = [
      { format: 'pb.gz', bytes: await encodeHandles(profile, meta) },
      { format: 'json', bytes: jsonBytes(profile) },
    ];
    return { from, to, files, stacks: [], kernel: tools.kernel, diagnosis };
  },

  async stack(subject, order, tools) {
    const from = tools.clock.wall();
    const stacks = stacksAsWritten(await subject.stacks(stackCount), tools.sources);
    const context = contextOf(subject, order, tools, stacks);
    const diagnosis = diagnoseStacks(stacks, tools.kernel, context);
    const files: NewFile[] = [{ format: 'json', bytes: jsonBytes({ stacks, kernel: tools.kernel }) }];
    return { from, to: tools.clock.wall(), files, stacks, kernel: tools.kernel, diagnosis };
  },

  async snapshot(subject, _order, tools) {
    const from = tools.clock.wall();
    const { file, diagnosis } = await takeSnapshot(subject, tools.store, tools.readings());
    return { from, to: tools.clock.wall(), files: [file], stacks: [], kernel: tools.kernel, diagnosis };
  },
};

/** A capture of a heap whose profile is in hand already, as of a thread that has ended. */
export async function heapTaken(
  sampled: HeapProfile,
  subject: Pick<Subject, 'title'>,
  order: CaptureOrder,
  tools: TakeTools,
): Promise<Taken> {
  const profile = heapAsWritten(sampled, tools.sources);
  const to = tools.clock.wall();
  const diagnosis = diagnoseHeap(profile, contextOf(subject, order, { ...tools, kernel: null }, []));
  const meta = { at: to, comments: [diagnosis.sentence, order.reason] };
  const files: NewFile[] = [
    { format: 'pb.gz', bytes: await encodeHeap(profile, meta) },
    { format: 'heapprofile', bytes: jsonBytes(profile) },
  ];
  return { from: tools.baseline.heapAt || to, to, files, stacks: [], kernel: null, diagnosis, heap: sampled };
}

/** A stuck thread is judged by what it did since it got stuck, not by the good time before. */
function suspiciousPart(profile: CpuProfile, silentMs: number): CpuProfile {
  if (silentMs === 0) return profile;
  return trimCpuProfile(profile, profile.endTime - silentMs * 1000, profile.endTime);
}

function contextOf(
  subject: Pick<Subject, 'title'>,
  order: CaptureOrder,
  tools: TakeTools & { readonly kernel: KernelState | null },
  stacks: readonly StackSample[],
): DiagnosisContext {
  const { baseline, kernel, fileName, ownerOf, sources } = tools;
  return {
    title: subject.title,
    occasion: order.rule,
    detail: order.detail,
    baseline,
    readings: tools.readings(),
    stacks,
    kernel,
    at: order.at,
    fileName,
    ownerOf,
    sourceLine: (url, line) => sources.line(url, line),
  };
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
