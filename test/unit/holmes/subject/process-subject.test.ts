import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../../holmes/clock.ts';
import { ProcessSubject } from '../../../../holmes/subject/process-subject.ts';
import { ManualClock } from '../manual-clock.ts';
import { subjectContract } from './contract.ts';

subjectContract('the process', async () => ({
  subject: new ProcessSubject({ clock: systemClock }),
  stop: async () => {},
}));

describe('ProcessSubject', () => {
  test('says who can give a profile in its place', async () => {
    const subject = new ProcessSubject({ clock: new ManualClock() });
    await expect(subject.cutCpu()).rejects.toThrow(
      'the process as a whole has no cpu capture; ask one of its threads',
    );
    await subject.close();
  });

  test('gives back its descriptors', async () => {
    const first = new ProcessSubject({ clock: new ManualClock() });
    const before = first.sample().descriptors ?? 0;
    const others = Array.from({ length: 20 }, () => new ProcessSubject({ clock: new ManualClock() }));
    await Promise.all(others.map(async (subject) => subject.close()));
    expect(first.sample().descriptors ?? 0).toBe(before);
    await first.close();
  });
});
