/** The console knows the words of holmes and health by heart: it is static and the proxy's answers do not explain them. */
import { describe, expect, test } from 'vitest';
import { CaptureFormat } from '../../../../holmes/capture/capture.ts';
import { ReadingName, readingTable } from '../../../../holmes/reading.ts';
import { Verdict } from '../../../../holmes/rule/decision.ts';
import { Occasion, RuleName, ruleTable } from '../../../../holmes/rule/rule.ts';
import { ComponentStatus } from '../../../../health/static.ts';
import { ModuleKind } from '../../../../health/infer/evidence.ts';
import { Action, Verdict as ReleaseVerdict } from '../../../../health/verdict/verdict.ts';
import { CaptureKind } from '../../../../holmes/subject/subject.ts';

type Table = Readonly<
  Record<string, { readonly title: string; readonly unit?: string; readonly reading?: string }>
>;

// Not TypeScript, so there is nothing to be said of its types.
const module = '../../../../src/control/console/assets/vocabulary.js';
const words = (await import(module)) as Readonly<Record<string, Table>>;

describe('the vocabulary of the console', () => {
  test.each([
    ['readings', ReadingName],
    ['rules', RuleName],
    ['occasions', Occasion],
    ['kinds', CaptureKind],
    ['verdicts', Object.values(Verdict)],
    ['formats', CaptureFormat],
    ['statuses', ComponentStatus],
    ['modules', ModuleKind],
    ['releaseVerdicts', ReleaseVerdict],
    ['actions', Action],
  ] as const)('has every one of the %s, and no others', (table, names) => {
    expect(Object.keys(words[table]!).toSorted()).toEqual([...names].toSorted());
  });

  test('measures every reading as holmes does', () => {
    const units = Object.entries(words['readings']!).map(([name, { unit }]) => [name, unit]);
    expect(Object.fromEntries(units)).toEqual(
      Object.fromEntries(Object.entries(readingTable).map(([name, { unit }]) => [name, unit])),
    );
  });

  test('lets every rule look at what it looks at', () => {
    const looked = Object.entries(words['rules']!).map(([name, { reading }]) => [name, reading]);
    expect(Object.fromEntries(looked)).toEqual(
      Object.fromEntries(Object.entries(ruleTable).map(([name, { reading }]) => [name, reading])),
    );
  });

  test('marks every occasion on a chart that there is', () => {
    for (const { reading } of Object.values(words['occasions']!))
      expect(words['readings']).toHaveProperty(reading!);
  });
});
