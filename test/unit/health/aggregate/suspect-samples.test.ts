import { describe, expect, test } from 'vitest';
import { suspectSamples } from '../../../../health/aggregate/suspect-samples.ts';
import { linkedSuspects } from './linked-suspects.ts';

describe('suspects as a metric', () => {
  test('have one series for each module, and a way is not taken for the module at its beginning', () => {
    expect(suspectSamples(linkedSuspects)).toEqual([
      [{ node: 'web-1', module: 'link', service: 'web', version: '1' }, 0.5],
      [{ node: 'web-1', module: 'outbound_upstream', service: 'web', version: '1' }, 0.125],
    ]);
  });
});
