import { describe, expect, test } from 'vitest';
import { ReleaseEvents } from '../../../../health/aggregate/release-events.ts';
import { isPeerField } from '../../../../health/observe/peer-field.ts';

describe('ReleaseEvents', () => {
  test('makes names of what a pipeline sends such that a second level takes them', () => {
    const hostile = `${'\u00e4'.repeat(300)}\n\ud800`;
    const kept = new ReleaseEvents().add({
      ...{ at: 1, service: hostile, namespace: hostile, phase: '', message: hostile },
      ...{ release: `r.2\n`, version: hostile },
    });
    for (const name of [kept.service, kept.release, kept.version]) expect(name).toSatisfy(isPeerField);
    expect(kept.release).toBe('r.2_');
  });
});
