/** When a reading is worth a capture: holmes' rule, with its defaults translated for Node. */
import type { ReadingName } from '../reading.ts';
import type { CaptureKind } from '../subject/subject.ts';

export interface Rule {
  readonly enabled: boolean;
  /** Below it nothing happens. In the unit of the reading. */
  readonly min: number;
  /** So much above the average of the ten readings before, as a share: 0.25 is a quarter more. */
  readonly diff: number;
  /** At or above it a capture is taken whatever the average. */
  readonly abs: number;
  /** At or above it nothing is captured, because that would make matters worse. `Infinity`: no such limit. */
  readonly max: number;
  /** After a capture by this rule on one subject, so long none by it there. */
  readonly cooldownMs: number;
}

/** What a rule looks at and what it captures. */
export interface RuleSubject {
  readonly reading: ReadingName;
  readonly capture: CaptureKind;
  readonly summary: string;
}

export const RuleName = [
  'cpu',
  'event_loop_delay',
  'gc',
  'heap',
  'external',
  'rss',
  'handles',
  'descriptors',
] as const;
export type RuleName = (typeof RuleName)[number];

export const ruleTable: Readonly<Record<RuleName, RuleSubject>> = {
  cpu: { reading: 'cpu', capture: 'cpu', summary: 'CPU time of a thread or the process' },
  event_loop_delay: { reading: 'event_loop_delay_p99', capture: 'cpu', summary: 'timers come late' },
  gc: { reading: 'gc_pause', capture: 'heap', summary: 'time goes into garbage collection' },
  heap: { reading: 'heap', capture: 'heap', summary: 'JavaScript heap towards its limit' },
  external: { reading: 'external_bytes', capture: 'handles', summary: 'buffers outside the heap' },
  rss: { reading: 'rss', capture: 'heap', summary: 'resident memory towards its limit' },
  handles: { reading: 'handles', capture: 'handles', summary: 'active handles and requests' },
  descriptors: {
    reading: 'descriptor_share',
    capture: 'handles',
    summary: 'file descriptors towards their limit',
  },
};

/** What else makes a capture. */
export const Occasion = ['stall', 'near_out_of_memory', 'exception', 'out_of_memory', 'request'] as const;
export type Occasion = (typeof Occasion)[number];

export type Rules = Readonly<Record<RuleName, Rule>>;

const minute = 60_000;
const mebibyte = 1024 * 1024;
const unlimited: number = Number.POSITIVE_INFINITY;

/** Each with its reason in `docs/self-diagnosis.md`. */
export const defaultRules: Rules = {
  cpu: { enabled: true, min: 0.1, diff: 0.25, abs: 0.7, max: unlimited, cooldownMs: minute },
  event_loop_delay: { enabled: true, min: 50, diff: 1, abs: 250, max: unlimited, cooldownMs: minute },
  gc: { enabled: true, min: 0.1, diff: 0.5, abs: 0.3, max: unlimited, cooldownMs: minute },
  heap: { enabled: true, min: 0.1, diff: 0.25, abs: 0.6, max: 0.95, cooldownMs: minute },
  external: {
    enabled: true,
    min: 64 * mebibyte,
    diff: 0.25,
    abs: unlimited,
    max: unlimited,
    cooldownMs: minute,
  },
  rss: { enabled: true, min: 0.1, diff: 0.25, abs: 0.8, max: 0.97, cooldownMs: minute },
  handles: { enabled: true, min: 1000, diff: 0.25, abs: 50_000, max: 200_000, cooldownMs: 10 * minute },
  descriptors: { enabled: true, min: 0.2, diff: 0.25, abs: 0.8, max: unlimited, cooldownMs: 10 * minute },
};
