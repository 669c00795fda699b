/**
 * Messages that nobody wrote by hand: 20,000 from a fixed seed through our parsers, and a sample of them beside
 * llhttp. MESHLOCK_FUZZ_SEED takes another seed, MESHLOCK_FUZZ_COUNT another number.
 */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/index.ts';
import type { HeadKind } from '../unit/protocol/head-reading.ts';
import { type Cuts, everyByte, randomCuts } from '../unit/protocol/pieces.ts';
import { type CodecReading, readWithCodec } from './codec-reading.ts';
import { milder, stricter } from './explanations.ts';
import { forward } from './forwarding.ts';
import { Mutator } from './mutator.ts';
import { NodeReader } from './node-reading.ts';
import type { Reading } from './reading.ts';

const seed = Number(process.env['MESHLOCK_FUZZ_SEED'] ?? 20_261_120);
const perKind = Number(process.env['MESHLOCK_FUZZ_COUNT'] ?? 20_000) / 2;
const sample = Math.max(250, perKind / 40);
const kinds: readonly HeadKind[] = ['request', 'response'];

/** What is wrong with some of the inputs, with the input as a string literal; bounded. */
class Findings {
  readonly all: string[] = [];
  readonly counts: Map<string, number> = new Map();

  add(bytes: Buffer, finding: string): void {
    if (this.all.length < 10) this.all.push(`${finding}: ${JSON.stringify(bytes.toString('latin1'))}`);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

function* inputs(kind: HeadKind, count: number, salt = 0): Generator<Buffer> {
  const mutator = new Mutator(seededRandom(seed + salt));
  for (let i = 0; i < count; i++) yield mutator.next(kind);
}

/** Whether two readings of the same bytes in different pieces agree. */
function agree(kind: HeadKind, bytes: Buffer, wholeReading: CodecReading, cuts: Cuts): boolean {
  const reading = readWithCodec(kind, bytes, { cuts });
  if (isDeepStrictEqual(reading, wholeReading)) return true;
  if (wholeReading.verdict !== 'refuses') return false;
  // What is refused is refused at the end of its line at the latest, for the same reason.
  const { messages, error } = readWithCodec(kind, Buffer.concat([bytes, Buffer.from('\r\n')]), { cuts });
  return error === wholeReading.error && isDeepStrictEqual(messages, wholeReading.messages);
}

describe.each(kinds)('a %s that nobody wrote by hand', (kind) => {
  test('is read alike in any pieces, without a throw, and up to where it ends', () => {
    const findings = new Findings();
    const random = seededRandom(seed);
    for (const bytes of inputs(kind, perKind)) {
      try {
        const reading = readWithCodec(kind, bytes);
        findings.count(reading.verdict);
        if (!agree(kind, bytes, reading, everyByte(bytes.length))) findings.add(bytes, 'one byte at a time');
        const cuts = randomCuts(bytes.length, random);
        if (!agree(kind, bytes, reading, cuts)) findings.add(bytes, `cut at ${cuts.join()}`);
        if (reading.verdict === 'accepts' && !endsThere(kind, bytes, reading)) findings.add(bytes, 'end');
      } catch (error) {
        findings.add(bytes, String(error));
      }
    }
    expect(findings.all).toEqual([]);
    for (const verdict of ['accepts', 'refuses']) {
      expect(findings.counts.get(verdict), verdict).toBeGreaterThan(perKind / 20);
    }
  });
});

/** Whether the messages are the bytes up to `consumed`: no more is needed for them, and no less will do. */
function endsThere(kind: HeadKind, bytes: Buffer, { consumed, messages }: CodecReading): boolean {
  if (messages.length === 0) return true;
  const exact = readWithCodec(kind, bytes.subarray(0, consumed));
  if (!isDeepStrictEqual([exact.messages, exact.consumed], [messages, consumed])) return false;
  // Empty lines behind the last request belong to the next one, of which nothing else has come.
  for (let length = consumed - 1; length >= consumed - 5; length--) {
    const shorter = readWithCodec(kind, bytes.subarray(0, length));
    if (!isDeepStrictEqual(shorter.messages, messages)) return true;
    if (kind === 'response' || (bytes[length] !== 13 && bytes[length] !== 10)) return false;
  }
  return false;
}

describe('a request head that nobody wrote by hand', () => {
  test('is forwarded so that it reads the same', () => {
    const findings = new Findings();
    for (const bytes of inputs('request', perKind, 1)) {
      const passed = forward(bytes);
      if (passed === null) continue;
      findings.count('forwarded');
      const { before, after, fields } = passed;
      if (after === null) findings.add(bytes, 'not read again');
      else if (after.method !== before.method || after.target !== before.target) findings.add(bytes, 'line');
      else if (after.minorVersion !== 1) findings.add(bytes, 'version');
      else if (after.authority !== (before.authority || 'default')) findings.add(bytes, 'authority');
      else if (after.chunked !== before.chunked || after.contentLength !== before.contentLength)
        findings.add(bytes, 'framing');
      else if (!isDeepStrictEqual(after.fields, fields)) findings.add(bytes, 'fields');
    }
    expect(findings.all).toEqual([]);
    expect(findings.counts.get('forwarded')).toBeGreaterThan(perKind / 10);
  });
});

describe('a message that nobody wrote by hand, beside llhttp', () => {
  let node: NodeReader;

  beforeAll(async () => {
    node = await NodeReader.start();
  });

  afterAll(() => node.stop());

  test.each(kinds)(
    'is the same %s to both, wherever both read it, and each difference is one we know',
    async (kind) => {
      const findings = new Findings();
      for (const bytes of inputs(kind, sample, 2)) {
        const theirs =
          kind === 'request' ? await node.readRequests(bytes) : await node.readAnswer(bytes, 'GET');
        const ours = readWithCodec(kind, bytes);
        const difference = differenceOf(kind, bytes, ours, theirs);
        if (difference !== null) findings.add(bytes, difference);
        if (ours.messages.length > 0 && theirs.messages.length > 0) findings.count('both');
      }
      expect(findings.all).toEqual([]);
      expect(findings.counts.get('both')).toBeGreaterThan(sample / 20);
    },
  );
});

function differenceOf(kind: HeadKind, bytes: Buffer, ours: CodecReading, theirs: Reading): string | null {
  const both = Math.min(ours.messages.length, theirs.messages.length);
  for (let i = 0; i < both; i++) {
    if (!isDeepStrictEqual(ours.messages[i], theirs.messages[i])) return `message ${i} differs`;
  }
  const extra = ours.messages[both];
  if (extra !== undefined) {
    const text = bytes.toString('latin1');
    const known = milder.some(({ code, holds }) => code === theirs.cause && holds(extra, text, kind));
    return known ? null : `we read message ${both}, for llhttp it is ${theirs.verdict} ${theirs.cause}`;
  }
  if (theirs.messages.length === both || ours.cause in stricter) return null;
  return `llhttp reads message ${both}, for us it is ${ours.verdict} ${ours.cause}`;
}
