/** A capture: the profile, tied to what caused it and to what was going on. */
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { KernelState, StackSample } from '../profile/handle-profile.ts';
import type { RingView } from '../reading.ts';
import type { Occasion, RuleName } from '../rule/rule.ts';
import type { CaptureKind } from '../subject/subject.ts';

/** One form in which a capture can be had; the name is the extension of its file. */
export const CaptureFormat = [
  /** pprof, gzipped protobuf. */
  'pb.gz',
  /** DevTools. */
  'cpuprofile',
  'heapprofile',
  'heapsnapshot',
  /** Stacks and handles as they are. */
  'json',
] as const;
export type CaptureFormat = (typeof CaptureFormat)[number];

export interface CaptureFile {
  readonly format: CaptureFormat;
  readonly bytes: number;
}

export interface CaptureRecord {
  /** `20261120T095155.123Z-data-1-cpu`: sorts by time, safe as a file name. */
  readonly id: string;
  readonly subject: string;
  readonly kind: CaptureKind;
  readonly rule: RuleName | Occasion;
  /** The decision's reason. */
  readonly reason: string;
  readonly decisionId: number;
  /** Unix milliseconds: when it was decided; what the profile covers. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** From the decision until the profile was in hand, in milliseconds. */
  readonly tookMs: number;
  /** Of the subject, before the decision and, when there was time for them, after. */
  readonly readings: RingView;
  /** Of the thread at the decision; `null` for the process. */
  readonly kernel: KernelState | null;
  /** Live stacks, taken when a thread does not answer. */
  readonly stacks: readonly StackSample[];
  readonly program: ProgramInfo;
  readonly diagnosis: Diagnosis;
  readonly files: readonly CaptureFile[];
}

/** What runs, for a profile that outlives it. Nothing secret. */
export interface ProgramInfo {
  readonly name: string;
  readonly version: string;
  /** Which configuration was in force, such as its version or digest; empty without one. */
  readonly configuration: string;
  readonly node: string;
  readonly pid: number;
  readonly host: string;
}
