/** What others may ask of a monitor and tell it: the proxy's admin plane, a helper thread's owner, a test. */
import type { CaptureFormat, CaptureRecord } from '../capture/capture.ts';
import type { RingView } from '../reading.ts';
import type { Decision, Verdict } from '../rule/decision.ts';
import type { Occasion, RuleName } from '../rule/rule.ts';
import type { Settings, SettingsChange } from '../settings.ts';
import type { StoreFigures } from '../store/store.ts';
import type { CaptureKind } from '../subject/subject.ts';

export interface CaptureRequest {
  readonly subject: string;
  readonly kind: CaptureKind;
  /** Of a CPU profile after now, of a handle capture's window; default: as the settings say. At most 120. */
  readonly seconds?: number;
}

export interface SubjectView {
  readonly name: string;
  readonly title: string;
  readonly kind: 'process' | 'thread';
  readonly state: 'starting' | 'watched' | 'stuck' | 'failed' | 'ended';
  /** Why it is not watched; empty otherwise. */
  readonly problem: string;
  readonly captures: readonly CaptureKind[];
  /** The kind of a capture that is being taken now. */
  readonly capturing: CaptureKind | null;
}

/** Sums since the start, for metrics. */
export interface MonitorFigures {
  readonly decisions: readonly {
    readonly subject: string;
    readonly rule: RuleName | Occasion;
    readonly verdict: Verdict;
    readonly count: number;
  }[];
  readonly captures: readonly {
    readonly subject: string;
    readonly rule: RuleName | Occasion;
    readonly kind: CaptureKind;
    readonly result: 'stored' | 'unsaved' | 'failed';
    readonly count: number;
  }[];
  /** The newest capture of each subject, rule and kind. */
  readonly latest: readonly CaptureRecord[];
  readonly store: StoreFigures;
  /** CPU seconds that sampling has taken on the monitor's thread. */
  readonly sampleSeconds: number;
  readonly pushed: { readonly sent: number; readonly failed: number; readonly dropped: number };
}

export interface MonitorView {
  subjects(): readonly SubjectView[];
  rings(): readonly RingView[];
  /** Newest first, at most `limit` (default 100) of the last 1,000. Quiet ones only when asked for. */
  decisions(options?: { readonly quiet?: boolean; readonly limit?: number }): readonly Decision[];
  settings(): Settings;
  /** Throws a `SettingsError` that names every problem; then nothing has changed. */
  configure(change: SettingsChange): Settings;
  /** Rejects with a `CaptureRefused` that says why. */
  capture(request: CaptureRequest): Promise<CaptureRecord>;
  list(): readonly CaptureRecord[];
  get(id: string): CaptureRecord | null;
  read(id: string, format: CaptureFormat): Promise<Uint8Array | null>;
  delete(id: string): Promise<boolean>;
  figures(): MonitorFigures;
}

/** A capture that was asked for and cannot be had. */
export class CaptureRefused extends Error {
  override readonly name = 'CaptureRefused';
  readonly reason:
    | 'unknown_subject'
    | 'unsupported'
    | 'busy'
    | 'too_little_memory'
    | 'bad_request'
    | 'failed';

  constructor(reason: CaptureRefused['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Settings that cannot be. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly { readonly path: string; readonly expected: string; readonly got: string }[];

  constructor(problems: SettingsError['problems']) {
    super(problems.map(({ path, expected, got }) => `${path}: expected ${expected}, got ${got}`).join('; '));
    this.problems = problems;
  }
}
