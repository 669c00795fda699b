import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/index.ts';
import {
  decodeCheckRequest,
  decodeListRequest,
  encodeCheckResponse,
  encodeListResponse,
  MalformedMessage,
  maxRequestBytes,
  ServingStatus,
} from '../../../../src/control/health/grpc/codec.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const traffic = '0a 07 74726166666963';

describe('a health check request', () => {
  test.each([
    ['nothing', '', ''],
    ['an empty service', '0a 00', ''],
    ['a service', traffic, 'traffic'],
    ['a service beyond ASCII', '0a 02 c3a9', 'é'],
    ['two services, of which the last counts', `0a 01 61 ${traffic}`, 'traffic'],
    ['a number that is not known', `10 ffffffffffffffffff01 ${traffic}`, 'traffic'],
    ['64 bits that are not known', `${traffic} 19 0102030405060708`, 'traffic'],
    ['32 bits that are not known', `25 01020304 ${traffic}`, 'traffic'],
    ['bytes that are not known', `${traffic} 2a 03 616263`, 'traffic'],
    ['the highest field number', `${traffic} f8ffffff0f 01`, 'traffic'],
    ['the field of the service as a number', '08 05', ''],
    ['a length in more bytes than needed', '0a 8180808000 61', 'a'],
  ])('takes %s', (_, bytes, service) => {
    expect(decodeCheckRequest(hex(bytes))).toEqual({ service });
  });

  test.each([
    ['a field without its value', '0a', 'cut off'],
    ['a length beyond the end', '0a 08 74726166666963', 'cut off'],
    ['a length of 4 GiB', '0a ffffffff0f 61', 'cut off'],
    ['a length of 2^64 - 1', '0a ffffffffffffffffff01 61', 'cut off'],
    ['a number without an end', '08 ffff', 'cut off'],
    ['a number of eleven bytes', '08 ffffffffffffffffffff01', 'more than 10 bytes'],
    ['64 bits that are cut', '19 01020304050607', 'cut off'],
    ['32 bits that are cut', '25 010203', 'cut off'],
    ['the field number 0', '02 00', 'no valid number'],
    ['a field number beyond 2^29', '8280808010 00', 'no valid number'],
    ['a group', '0b 0c', 'wire type 3'],
    ['the end of a group', '0c', 'wire type 4'],
    ['a wire type that does not exist', '0f', 'wire type 7'],
    ['a service that is not UTF-8', '0a 02 c328', 'not UTF-8'],
  ])('refuses %s', (_, bytes, reason) => {
    expect(() => decodeCheckRequest(hex(bytes))).toThrow(MalformedMessage);
    expect(() => decodeCheckRequest(hex(bytes))).toThrow(reason);
  });

  test('is refused beyond its bound', () => {
    const ofLength = (length: number): Buffer =>
      Buffer.concat([hex('0a'), Buffer.from([(length % 128) | 128, length >> 7]), Buffer.alloc(length, 'a')]);
    expect(decodeCheckRequest(ofLength(maxRequestBytes - 3)).service).toHaveLength(maxRequestBytes - 3);
    expect(() => decodeCheckRequest(ofLength(maxRequestBytes - 2))).toThrow(
      `more than ${maxRequestBytes} bytes`,
    );
  });

  test('of any bytes is text or malformed, nothing else', () => {
    const random = seededRandom(7);
    const counts = { text: 0, malformed: 0 };
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(
        Array.from({ length: Math.floor(random.next() * 24) }, () => Math.floor(random.next() * 256)),
      );
      try {
        expect(typeof decodeCheckRequest(bytes).service).toBe('string');
        counts.text++;
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error;
        counts.malformed++;
      }
    }
    expect(counts.text).toBeGreaterThan(500);
    expect(counts.malformed).toBeGreaterThan(10_000);
  });

  test('of a list passes over whatever fields it has', () => {
    expect(decodeListRequest(hex(''))).toEqual({});
    expect(decodeListRequest(hex(traffic))).toEqual({});
    expect(() => decodeListRequest(hex('0a 08 61'))).toThrow(MalformedMessage);
  });
});

describe('a health check response', () => {
  test('has its status, and none for zero', () => {
    const statuses = Object.entries(ServingStatus).map(([name, status]) => [
      name,
      encodeCheckResponse(status).toString('hex'),
    ]);
    expect(statuses).toEqual([
      ['unknown', ''],
      ['serving', '0801'],
      ['notServing', '0802'],
      ['serviceUnknown', '0803'],
    ]);
  });

  test('to a list is a map of them', () => {
    const bytes = encodeListResponse(
      new Map([
        ['', ServingStatus.serving],
        ['static', ServingStatus.unknown],
      ]),
    );
    expect(bytes.equals(hex('0a 06 0a 00 12 02 0801  0a 0a 0a 06 737461746963 12 00'))).toBe(true);
    expect(encodeListResponse(new Map())).toHaveLength(0);
  });

  test('has lengths of more than one byte', () => {
    const name = 'x'.repeat(200);
    const bytes = encodeListResponse(new Map([[name, ServingStatus.serving]]));
    expect(bytes.subarray(0, 6).toString('hex')).toBe('0acf010ac801');
    expect(bytes).toHaveLength(3 + 3 + 200 + 4);
  });
});
