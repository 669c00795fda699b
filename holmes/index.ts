/**
 * `meshlock/holmes`: watches a Node program and captures a profile by itself when a reading jumps. `watch()` is all that
 * most programs need; `Monitor` and the subjects are for who watches threads of its own.
 */
export {
  CaptureFormat,
  type CaptureFile,
  type CaptureRecord,
  type ProgramInfo,
} from './capture/capture.ts';
export { type Clock, systemClock, type Timer } from './clock.ts';
export type { Diagnosis, Place, Suspect } from './diagnosis/diagnosis.ts';
export type { HolmesLog } from './log.ts';
export type { Comparison } from './monitor/comparison.ts';
export { Monitor, type MonitorOptions } from './monitor/monitor.ts';
export {
  CaptureRefused,
  type CaptureRequest,
  type MonitorFigures,
  type MonitorView,
  SettingsError,
  type SubjectView,
} from './monitor/view.ts';
export type { Frame, HandleProfile, KernelState, StackSample } from './profile/handle-profile.ts';
export { ReadingName, readingTable, type RingView, type Unit } from './reading.ts';
export type { Decision, Verdict } from './rule/decision.ts';
export { Occasion, type Rule, RuleName, type Rules, ruleTable } from './rule/rule.ts';
export {
  defaultSettings,
  type PyroscopeSettings,
  type RecorderSettings,
  type Settings,
  type SettingsChange,
  type StallSettings,
} from './settings.ts';
export { applyChange, parseChange, settingsAsJson } from './settings-change.ts';
export { DiskStore } from './store/disk-store.ts';
export type { CaptureStore, StoreFigures, StoreLimits } from './store/store.ts';
export { ProcessSubject } from './subject/process-subject.ts';
export {
  CaptureKind,
  type CutRequest,
  type Pulse,
  type Subject,
  type SubjectEnd,
} from './subject/subject.ts';
export { WorkerSubject } from './subject/worker-subject.ts';
export { WorkerLinks } from './link/worker-links.ts';
export { type Watch, watch, type WatchOptions } from './watch/watch.ts';
