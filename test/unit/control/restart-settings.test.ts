import { describe, expect, test } from 'vitest';
import { effectiveConfig, settingsThatWait } from '../../../src/control/restart-settings.ts';
import { clusterConfig, testConfig } from './test-config.ts';

describe('settings that need a restart', () => {
  const started = testConfig();

  test('are named when they differ, and only then', () => {
    expect(settingsThatWait(started, structuredClone(started))).toEqual([]);
    const wanted = testConfig({
      dataThreads: 'auto',
      admin: { address: null, token: 'new' },
      log: { level: 'debug', format: 'text' },
      drainTimeoutMs: 1,
    });
    expect(settingsThatWait(started, wanted)).toEqual(['admin.token', 'data_threads', 'log.format']);
  });

  test('keep their value while everything else changes', () => {
    const wanted = testConfig({
      dataThreads: 7,
      threadHeapBytes: 1,
      log: { level: 'debug', format: 'text' },
      clusters: [clusterConfig('new')],
    });
    expect(effectiveConfig(started, wanted)).toEqual({
      ...wanted,
      dataThreads: started.dataThreads,
      threadHeapBytes: started.threadHeapBytes,
      log: { level: 'debug', format: 'json' },
    });
  });
});
