/** The configuration in holmes' own terms. */
import type { Settings } from '../../../holmes/index.ts';
import type { HolmesConfig } from '../../config/index.ts';

export function settingsOf(config: HolmesConfig): Settings {
  const { intervalMs, rules, maxCpu, stall, nearOutOfMemory, recorder, retention, pyroscope } = config;
  return {
    intervalMs,
    rules,
    maxCpu,
    stall,
    nearOutOfMemory,
    recorder,
    limits: retention,
    maxCapturesPerMinute: config.maxCapturesPerMinute,
    pyroscope,
  };
}

/** Whether going from one to the other means to begin anew: what is fixed once a thread is watched has changed. */
export function needsNewMonitor(before: HolmesConfig, after: HolmesConfig): boolean {
  return (
    before.directory !== after.directory ||
    before.recorder.intervalUs !== after.recorder.intervalUs ||
    before.recorder.windowMs !== after.recorder.windowMs
  );
}
