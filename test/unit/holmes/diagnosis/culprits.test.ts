/** Real profiles of the planted culprits: recorded ones, and ones of threads that run now. */
import { describe, expect, test } from 'vitest';
import { CulpritName, culprits } from '../../../../examples/culprits/table.ts';
import type { Diagnosis } from '../../../../holmes/diagnosis/diagnosis.ts';
import { SourceFiles } from '../../../../holmes/diagnosis/source-files.ts';
import { record } from './culprit-scene.ts';
import { diagnose, type Fixture, readFixture } from './fixture.ts';
import { type Expected, expectedOf, sceneOf } from './scenes.ts';

function expectNamed({ certainty, sentence, suspects }: Diagnosis, expected: Expected): void {
  const [first] = suspects;
  expect(certainty, sentence).toBe('named');
  expect({
    functionName: first?.place.functionName,
    file: first?.place.file.split('/').at(-1),
    line: first?.place.line,
    construct: first?.construct,
  }).toEqual({
    functionName: expected.functionName,
    file: expected.file,
    line: expected.line,
    construct: expected.construct,
  });
  expect(sentence).toContain(`${expected.file}:${expected.line}`);
  expect(sentence).toContain(expected.functionName);
  expect(sentence).toContain('(filter culprit)');
  expect(sentence).not.toContain('\n');
}

function diagnoseFixture({ recording, source }: Fixture): Diagnosis {
  const lines = source.split('\n');
  return diagnose(recording, {
    ownerOf: () => 'filter culprit',
    sourceLine: (url, line) => (url.includes('/examples/culprits/') ? (lines[line - 1] ?? null) : null),
  });
}

describe('a recorded culprit', () => {
  test.each(CulpritName)('%s is named with its function, file and line', (name) => {
    const fixture = readFixture(name);
    expectNamed(diagnoseFixture(fixture), fixture.expected);
  });

  test.each(CulpritName)('%s: nothing is named in the quiet time before it', (name) => {
    const { recording } = readFixture(name);
    const quiet = { ...recording, profile: recording.quiet } as typeof recording;
    expect(diagnose(quiet, {}).certainty).toBe('unclear');
  });

  // Without a source lines are those where functions begin, or of ticks; anonymous functions have no name.
  test.each(CulpritName.filter((name) => name !== 'timer-storm'))(
    '%s is named without its source',
    (name) => {
      const { recording, expected } = readFixture(name);
      const { suspects } = diagnose(recording, {});
      expect(suspects.map(({ place }) => place.file.split('/').at(-1))[0]).toBe(expected.file);
    },
  );
});

describe('a culprit at work in a watched thread', () => {
  const files = new SourceFiles();

  test.each(CulpritName)(
    '%s is named with its function, file and line',
    { timeout: 60_000 },
    async (name) => {
      const recording = await record(sceneOf(name));
      const diagnosis = diagnose(recording, {
        ownerOf: (url) => (url.includes('/culprits/') ? 'filter culprit' : ''),
        sourceLine: (url, line) => files.line(url, line),
      });
      expectNamed(diagnosis, expectedOf(name));
    },
  );
});

describe('the table of culprits', () => {
  test.each(CulpritName)('%s says where it is', (name) => {
    expect(culprits[name]().name).toBe(name);
    expect(expectedOf(name).line).toBeGreaterThan(0);
  });
});
