import { describe, expect, test } from 'vitest';
import { ProfileBaseline } from '../../../../holmes/baseline/profile-baseline.ts';
import type { DiagnosisContext } from '../../../../holmes/diagnosis/context.ts';
import { diagnoseHeap } from '../../../../holmes/diagnosis/diagnose.ts';
import type { HeapProfile } from '../../../../holmes/profile/heap-profile.ts';
import { heapNode } from '../profile/example-heap-profile.ts';
import { exampleContext } from './example-context.ts';

const url = 'file:///srv/cache.ts';
const lines = ['function remember(id: string): void {', '  sessions.set(id, { id });', '}'];
const remember = `remember ${url}:12`;
const handler = 'onRequest file:///srv/app/server.ts:10';
const mega = 1_000_000;
const at = 1_800_000_000_000;

function heap(rememberMb: number, handlerMb: number): HeapProfile {
  return {
    head: heapNode('(root)', 0, [
      heapNode(handler, handlerMb * mega, [heapNode(remember, rememberMb * mega)]),
    ]),
  };
}

function contextWith(
  changes: Partial<DiagnosisContext> = {},
  before: HeapProfile | null = heap(2, 30),
): DiagnosisContext {
  const baseline = new ProfileBaseline();
  if (before !== null) baseline.setHeap(before, at - 180_000);
  return exampleContext({
    baseline,
    at,
    title: 'data thread 1',
    fileName: (file) => (file === url ? 'cache.ts' : null),
    sourceLine: (file, line) => (file === url ? (lines[line - 12] ?? null) : null),
    ...changes,
  });
}

describe('the diagnosis of a heap', () => {
  test('says how much it grew, since when, who allocated most of it and what keeps it', () => {
    const { certainty, sentence, suspects } = diagnoseHeap(heap(180, 64), contextWith());
    expect(certainty).toBe('named');
    expect(sentence).toBe(
      'the heap of data thread 1 grew by 212 MB in 3 min, 71 MB a minute; 84 % of what grew was allocated by remember() at cache.ts:12 (a Map that grows)',
    );
    expect(suspects[0]).toEqual({
      place: { functionName: 'remember', file: 'cache.ts', line: 12, url },
      construct: 'collection',
      share: expect.closeTo(180 / 244),
      before: 2 / 32,
      amount: 180 * mega,
      owner: '',
    });
  });

  test('without a baseline says what holds it', () => {
    expect(diagnoseHeap(heap(180, 20), contextWith({}, null)).sentence).toBe(
      'the heap of data thread 1 holds 200 MB; 90 % of it was allocated by remember() at cache.ts:12 (a Map that grows)',
    );
  });

  test('names what grew, not what is large', () => {
    const { suspects } = diagnoseHeap(heap(50, 100), contextWith({}, heap(2, 100)));
    expect(suspects.map(({ place }) => place.functionName)).toEqual(['remember', 'onRequest']);
  });

  test('is unclear when it did not grow', () => {
    const { certainty, sentence } = diagnoseHeap(heap(2, 29), contextWith());
    expect(certainty).toBe('unclear');
    expect(sentence).toBe('the heap of data thread 1 did not grow in 3 min: it holds 31 MB: unclear');
  });

  test('is unclear when everything grew', () => {
    const step = (bytes: number): HeapProfile => ({
      head: heapNode(
        '(root)',
        0,
        Array.from({ length: 10 }, (_, index) =>
          heapNode(`step${index} file:///srv/app/step.ts:${index + 1}`, bytes),
        ),
      ),
    });
    const { certainty, sentence } = diagnoseHeap(step(9 * mega), contextWith({}, step(mega)));
    expect(certainty).toBe('unclear');
    expect(sentence).toBe(
      'the heap of data thread 1 grew by 80 MB in 3 min, 27 MB a minute, but no place stands out: the most, 10 % of what grew, was allocated by step0() at srv/app/step.ts:1: unclear',
    );
  });

  test('is unclear when nobody of the program allocated it', () => {
    const { certainty } = diagnoseHeap(
      { head: heapNode('(root)', 0, [heapNode('read node:fs:1', 90 * mega)]) },
      contextWith(),
    );
    expect(certainty).toBe('unclear');
  });

  test.each([
    [
      'near_out_of_memory',
      '88 %',
      'the heap of data thread 1 is at 88 % of its limit: it grew by 212 MB in 3 min, 71 MB a minute; 84 % of',
    ],
    [
      'out_of_memory',
      'JS heap out of memory',
      'data thread 1 ran out of memory (JS heap out of memory): its heap grew by 212 MB in 3 min',
    ],
    [
      'exception',
      'RangeError: no',
      'data thread 1 ended by an error that nobody caught (RangeError: no): its heap grew by 212 MB',
    ],
    ['gc', '', 'data thread 1 spends its time collecting garbage: its heap grew by 212 MB'],
  ] as const)('begins with what happened: %s', (occasion, detail, begin) => {
    const readings = { subject: 'data-1', times: [1, 2], values: { heap: [0.5, 0.88] } };
    const { sentence } = diagnoseHeap(heap(180, 64), contextWith({ occasion, detail, readings }));
    expect(sentence.slice(0, begin.length)).toBe(begin);
  });
});
