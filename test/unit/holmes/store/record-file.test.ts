import { describe, expect, test } from 'vitest';
import { parseRecord, recordText } from '../../../../holmes/store/record-file.ts';
import { exampleRecord } from './example-capture.ts';

const record = { ...exampleRecord(1), files: [{ format: 'pb.gz' as const, bytes: 12 }] };
const text = recordText({ record, owner: 'me' });

describe('the file of a record', () => {
  test('gives back what was written, a reading that could not be had included', () => {
    expect(parseRecord(text)).toEqual({ record, owner: 'me' });
    expect(parseRecord(text)?.record.readings.values.heap?.[0]).toBeNaN();
  });

  test('is not spoiled by a number that JSON does not know', () => {
    const [suspect] = record.diagnosis.suspects;
    const suspects = [{ ...suspect!, share: Number.NaN, amount: Number.POSITIVE_INFINITY }];
    const odd = { ...record, diagnosis: { ...record.diagnosis, suspects } };
    const read = parseRecord(recordText({ record: odd, owner: 'me' }))?.record;
    expect(read?.diagnosis.suspects[0]).toMatchObject({ share: 0, amount: 0 });
  });

  test('is nothing when it is cut short anywhere', () => {
    for (let length = 0; length < text.trimEnd().length; length++) {
      expect(parseRecord(text.slice(0, length))).toBeNull();
    }
  });

  test.each([
    ['another version', { version: 2 }],
    ['no owner', { owner: 7 }],
    ['an unknown kind', { kind: 'goroutine' }],
    ['an unknown rule', { rule: 'weather' }],
    ['a time that is text', { at: 'yesterday' }],
    ['no readings', { readings: null }],
    ['readings of something unknown', { readings: { subject: 'x', times: [], values: { weather: [1] } } }],
    ['a suspect without a place', { diagnosis: { certainty: 'named', sentence: '', suspects: [{}] } }],
    ['a file with a path for a format', { files: [{ format: '../../etc/passwd', bytes: 1 }] }],
    ['files that are no list', { files: 'pb.gz' }],
  ])('is nothing with %s', (_, change) => {
    expect(parseRecord(JSON.stringify({ ...JSON.parse(text), ...change }))).toBeNull();
  });

  test.each(['null', '[]', '7', '"text"', '{}', '', '{"version":1,"owner":"x"}'])(
    'is nothing for %j',
    (odd) => {
      expect(parseRecord(odd)).toBeNull();
    },
  );
});
