import { expect, test } from 'vitest';
import { HeadParser, ParseStatus } from '../../../src/protocol/index.ts';
import { ForwardedLines } from '../../../src/proxy/request-edit.ts';

const limits = { maxHeadBytes: 60_000, maxRequestLineBytes: 8192, maxHeaderCount: 100 };
const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** More than one filling of random bytes lasts for. */
const count = 2000;

function requestIds(): string[] {
  const parser = new HeadParser('request', limits);
  const bytes = Buffer.from('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
  expect(parser.parse(bytes, 0, bytes.length)).toBe(ParseStatus.Done);
  const forwarded = new ForwardedLines({
    config: { mode: 'append', keepRequestId: true },
    via: '',
    remoteAddress: '10.0.0.1',
    scheme: 'http',
    introduction: '',
  });
  return Array.from({ length: count }, () => {
    const lines = forwarded.linesFor(parser.head, []).toString('latin1');
    const id = forwarded.requestId!;
    expect(lines).toBe(
      `x-forwarded-for: 10.0.0.1\r\nx-forwarded-proto: http\r\nx-forwarded-host: shop\r\nx-request-id: ${id}\r\n`,
    );
    return id;
  });
}

test('each request without an id gets a random UUID of its own', () => {
  const ids = requestIds();
  for (const id of ids) expect(id).toMatch(uuid4);
  expect(new Set(ids).size).toBe(count);
});

test('every digit of an id that is free to vary takes all its values', () => {
  const ids = requestIds();
  for (let at = 0; at < 36; at++) {
    const seen = new Set(ids.map((id) => id[at]));
    if (ids[0]![at] === '-' || at === 14) expect(seen.size, `position ${at}`).toBe(1);
    else expect(seen.size, `position ${at}`).toBe(at === 19 ? 4 : 16);
  }
});
