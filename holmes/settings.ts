/** Everything that can be set, with defaults; most of it while running. */
import { defaultRules, type Rules } from './rule/rule.ts';
import type { StoreLimits } from './store/store.ts';

export interface PyroscopeSettings {
  /** `http://pyroscope:4040`. */
  readonly url: string;
  /** Application name; labels are added to it. */
  readonly application: string;
  /** Bearer token; empty: none. */
  readonly token: string;
  readonly timeoutMs: number;
}

export interface Settings {
  /** Between samples. */
  readonly intervalMs: number;
  readonly rules: Rules;
  /** CPU share of the process at or above which only captures that cost nothing more (cpu, stack) are taken: holmes' CPUMax. */
  readonly maxCpu: number;
  readonly stall: StallSettings;
  /** Shares of old space at which a heap profile is saved, each once per growth. */
  readonly nearOutOfMemory: readonly number[];
  readonly recorder: RecorderSettings;
  readonly limits: StoreLimits;
  /** Captures by rules, of all subjects, in any minute. */
  readonly maxCapturesPerMinute: number;
  /** `null`: captures are not pushed. */
  readonly pyroscope: PyroscopeSettings | null;
}

export interface StallSettings {
  readonly enabled: boolean;
  /** Without a beat for so long a thread counts as stuck. Beats come every 100 ms. */
  readonly afterMs: number;
  readonly cooldownMs: number;
}

export interface RecorderSettings {
  readonly intervalUs: number;
  /** A window lasts so long before the next one begins. */
  readonly windowMs: number;
  /** What a capture shows of the time before and after its trigger. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** For how long a handle capture finds out where new ones are made. */
  readonly armMs: number;
}

export const defaultSettings: Settings = {
  intervalMs: 5000,
  rules: defaultRules,
  maxCpu: 0.95,
  stall: { enabled: true, afterMs: 300, cooldownMs: 60_000 },
  nearOutOfMemory: [0.7, 0.88],
  recorder: { intervalUs: 10_000, windowMs: 30_000, beforeMs: 10_000, afterMs: 5000, armMs: 5000 },
  limits: { maxBytes: 256 * 1024 * 1024, maxCount: 200, maxAgeMs: 7 * 24 * 3600 * 1000 },
  maxCapturesPerMinute: 12,
  pyroscope: null,
};

/** A part of the settings, for a change while running; a rule may be given in part as well. */
export type SettingsChange = Partial<Omit<Settings, 'rules' | 'stall' | 'recorder' | 'limits'>> & {
  readonly rules?: { readonly [Name in keyof Rules]?: Partial<Rules[Name]> };
  readonly stall?: Partial<StallSettings>;
  readonly recorder?: Partial<RecorderSettings>;
  readonly limits?: Partial<StoreLimits>;
};
