import { describe, expect, test } from 'vitest';
import { defaultSettings } from '../../../../holmes/settings.ts';
import { applyChange } from '../../../../holmes/settings-change.ts';
import { type HolmesConfig, parseConfig } from '../../../../src/config/index.ts';
import { needsNewMonitor, settingsOf } from '../../../../src/control/self-diagnosis/settings.ts';

function holmes(text: string): HolmesConfig {
  return parseConfig(`holmes: ${text}`, { source: 'test.yaml', baseDirectory: '/nowhere' }).holmes;
}

describe('the settings that come of a configuration', () => {
  test("are holmes' own defaults when nothing is said", () => {
    expect(settingsOf(holmes('{}'))).toEqual(defaultSettings);
  });

  test('have every value that was said', () => {
    const settings = settingsOf(
      holmes(`{ interval: 2s, max_cpu: 50%, gc: false, rss: { abs: 0 }, recorder: { frequency: 250 },
        retention: { max_bytes: 1MiB }, pyroscope: { url: "http://p:4040", application: shop, token: abc } }`),
    );
    expect(settings).toEqual({
      ...defaultSettings,
      intervalMs: 2000,
      maxCpu: 0.5,
      rules: {
        ...defaultSettings.rules,
        gc: { ...defaultSettings.rules.gc, enabled: false },
        rss: { ...defaultSettings.rules.rss, abs: Number.POSITIVE_INFINITY },
      },
      recorder: { ...defaultSettings.recorder, intervalUs: 4000 },
      limits: { ...defaultSettings.limits, maxBytes: 1_048_576 },
      pyroscope: { url: 'http://p:4040', application: 'shop', token: 'abc', timeoutMs: 10_000 },
    });
  });

  test.each([
    'interval: 1h',
    'interval: 100ms',
    'stall: { after: 200ms, cooldown: 168h }',
    'recorder: { frequency: 10, window: 5m, before: 5m, after: 2m, arm: 2m }',
    'recorder: { frequency: 1000, window: 1s, before: 0, after: 0, arm: 0 }',
    'retention: { max_bytes: 8000GiB, max_count: 100000, max_age: 576h }',
    'max_captures_per_minute: 1000, near_out_of_memory: [], max_cpu: 0',
    'near_out_of_memory: [10%, 11%, 12%, 13%, 14%, 15%, 16%, 17%, 18%, 100%]',
    'cpu: { min: 0, diff: 100000%, abs: 100%, max: 100%, cooldown: 168h }',
    'external: { min: 0, abs: 8000GiB }, handles: { min: 0, abs: 0, max: 2147483647 }',
    'pyroscope: { url: "https://p/base", timeout: 60s }',
  ])('are such as holmes takes while running: %s', (text) => {
    const settings = settingsOf(holmes(`{ ${text} }`));
    expect(applyChange(defaultSettings, settings)).toEqual(settings);
  });
});

describe('a change of the configuration', () => {
  test.each(['directory: /elsewhere', 'recorder: { frequency: 50 }', 'recorder: { window: 10s }'])(
    'needs a new monitor for %s',
    (text) => {
      expect(needsNewMonitor(holmes('{}'), holmes(`{ ${text} }`))).toBe(true);
    },
  );

  test.each(['interval: 1s', 'gc: false', 'recorder: { after: 1s }', 'retention: { max_count: 1 }'])(
    'keeps the monitor for %s',
    (text) => {
      expect(needsNewMonitor(holmes('{}'), holmes(`{ ${text} }`))).toBe(false);
    },
  );
});
