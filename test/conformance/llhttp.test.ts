/** Our parser beside llhttp's, on the situations of llhttp's own tests: each difference is one that we have decided on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HeadKind } from '../unit/protocol/head-reading.ts';
import { everyByte } from '../unit/protocol/pieces.ts';
import { readWithCodec } from './codec-reading.ts';
import type { Comparison } from './comparison.ts';
import { harmlessRequests } from './harmless-requests.ts';
import { answerComparisons } from './llhttp-answers.ts';
import { requestComparisons } from './llhttp-requests.ts';
import { NodeReader } from './node-reading.ts';
import type { Reading } from './reading.ts';
import {
  milderOnRequests,
  type ReviewedDifference,
  stricterOnAnswers,
  stricterOnRequests,
} from './reviewed-differences.ts';
import { smuggledAnswers } from './smuggled-answers.ts';
import { refusedRequests } from './smuggled-requests.ts';

let node: NodeReader;

beforeAll(async () => {
  node = await NodeReader.start();
});

afterAll(() => node.stop());

const tables: Readonly<Record<HeadKind, Readonly<Record<string, readonly Comparison[]>>>> = {
  request: requestComparisons,
  response: answerComparisons,
};

function readWithNode(kind: HeadKind, { bytes, method }: Comparison): Promise<Reading> {
  const latin1 = Buffer.from(bytes, 'latin1');
  return kind === 'request' ? node.readRequests(latin1) : node.readAnswer(latin1, method);
}

for (const [kind, table] of Object.entries(tables) as [HeadKind, (typeof tables)[HeadKind]][]) {
  for (const [group, comparisons] of Object.entries(table)) {
    describe(`a ${kind} beside llhttp: ${group}`, () => {
      test.each(comparisons)('$name: llhttp $llhttp, we $ours', async (one) => {
        const bytes = Buffer.from(one.bytes, 'latin1');
        const theirs = await readWithNode(kind, one);
        const ours = readWithCodec(kind, bytes, { method: one.method });
        expect([theirs.verdict, theirs.cause]).toEqual([one.llhttp, theirs.cause]);
        expect([ours.verdict, ours.cause]).toEqual([one.ours, ours.cause]);
        expect(one.why === null).toBe(one.llhttp === one.ours);
        if (one.why === null) expect(ours.messages).toEqual(theirs.messages);
        // A line that comes in pieces is judged when it ends.
        const lines = ours.verdict === 'refuses' ? Buffer.concat([bytes, Buffer.from('\r\n')]) : bytes;
        const cuts = everyByte(lines.length);
        const bytewise = readWithCodec(kind, lines, { method: one.method, cuts });
        expect([bytewise.verdict, bytewise.messages]).toEqual([ours.verdict, ours.messages]);
      });
    });
  }
}

describe('the tables of attacks beside llhttp', () => {
  const latin1 = (one: { bytes: string }): Buffer => Buffer.from(one.bytes, 'latin1');
  const namesOf = (differences: readonly ReviewedDifference[]): string[] =>
    differences.flatMap(({ names }) => names).sort();

  test('are stricter on requests for the reviewed reasons alone', async () => {
    const read: string[] = [];
    for (const one of refusedRequests) {
      if ((await node.readRequests(latin1(one))).verdict !== 'refuses') read.push(one.name);
    }
    expect(read.sort()).toEqual(namesOf(stricterOnRequests));
  });

  test('are milder on requests for the reviewed reasons alone', async () => {
    const unread: string[] = [];
    for (const one of harmlessRequests) {
      if ((await node.readRequests(latin1(one))).verdict !== 'accepts') unread.push(one.name);
    }
    expect(unread.sort()).toEqual(namesOf(milderOnRequests));
  });

  test('are stricter on answers for the reviewed reasons alone', async () => {
    const read: string[] = [];
    for (const one of smuggledAnswers) {
      if ((await node.readAnswer(latin1(one), one.method ?? 'GET')).verdict !== 'refuses')
        read.push(one.name);
    }
    expect(read.sort()).toEqual(namesOf(stricterOnAnswers));
  });
});

describe('the comparison', () => {
  const all = Object.values(tables).flatMap((table) => Object.values(table).flat());

  test('covers the situations of the published tests', () => {
    expect(Object.values(requestComparisons).flat().length).toBeGreaterThan(120);
    expect(Object.values(answerComparisons).flat().length).toBeGreaterThan(65);
  });

  test('says for each difference why', () => {
    const reasons = all.flatMap(({ why }) => (why === null ? [] : [why]));
    expect(reasons.length).toBeGreaterThan(20);
    expect(reasons.filter((why) => why.length < 20)).toEqual([]);
  });
});
