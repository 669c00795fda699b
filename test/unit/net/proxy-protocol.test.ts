import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type ConnectionOrigin,
  formatProxyHeader,
  parseProxyHeader,
  ProxyProtocolReader,
} from '../../../src/net/index.ts';
import { drained, Loopback, Recorder } from './loopback.ts';

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** A version 2 header from its parts; `length` lies about the size when given. */
function v2(parts: {
  versionAndCommand?: number;
  family?: number;
  payload?: Buffer;
  length?: number;
}): Buffer {
  const payload = parts.payload ?? Buffer.alloc(0);
  const fixed = Buffer.alloc(4);
  fixed[0] = parts.versionAndCommand ?? 0x21;
  fixed[1] = parts.family ?? 0x11;
  fixed.writeUInt16BE(parts.length ?? payload.length, 2);
  return Buffer.concat([signature, fixed, payload]);
}

const four: Buffer = Buffer.from('c6336407cb007109d43101bb', 'hex');
const six: Buffer = Buffer.from(
  '20010db800000000000000000000000120010db8000000010000000000000002d43101bb',
  'hex',
);
const fourOrigin: ConnectionOrigin = {
  sourceAddress: '198.51.100.7',
  sourcePort: 54321,
  destinationAddress: '203.0.113.9',
  destinationPort: 443,
};
const sixOrigin: ConnectionOrigin = {
  sourceAddress: '2001:db8::1',
  sourcePort: 54321,
  destinationAddress: '2001:db8:0:1::2',
  destinationPort: 443,
};
/** A type-length-value triple behind the addresses. */
const tlv: Buffer = Buffer.concat([Buffer.from([0x04, 0x01, 0x00]), Buffer.alloc(256)]);

interface Valid {
  readonly name: string;
  readonly bytes: Buffer;
  readonly origin: ConnectionOrigin | null;
}

const valid: readonly Valid[] = [
  {
    name: 'version 1 over IPv4',
    bytes: Buffer.from('PROXY TCP4 198.51.100.7 203.0.113.9 54321 443\r\n'),
    origin: fourOrigin,
  },
  {
    name: 'version 1 over IPv6',
    bytes: Buffer.from('PROXY TCP6 2001:db8::1 2001:db8:0:1::2 54321 443\r\n'),
    origin: sixOrigin,
  },
  {
    name: 'version 1 with the longest addresses that exist',
    bytes: Buffer.from(`PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`),
    origin: {
      sourceAddress: `${'ffff:'.repeat(7)}ffff`,
      sourcePort: 65535,
      destinationAddress: `${'ffff:'.repeat(7)}ffff`,
      destinationPort: 65535,
    },
  },
  { name: 'version 1, unknown', bytes: Buffer.from('PROXY UNKNOWN\r\n'), origin: null },
  {
    name: 'version 1, unknown with addresses that do not count',
    bytes: Buffer.from('PROXY UNKNOWN ffff::1 whatever 70000 -1\r\n'),
    origin: null,
  },
  {
    name: 'version 1 of exactly 107 bytes',
    bytes: Buffer.from(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`),
    origin: null,
  },
  { name: 'version 2 over IPv4', bytes: v2({ payload: four }), origin: fourOrigin },
  { name: 'version 2 over IPv6', bytes: v2({ family: 0x21, payload: six }), origin: sixOrigin },
  {
    name: 'version 2 over IPv4 with more behind the addresses',
    bytes: v2({ payload: Buffer.concat([four, tlv]) }),
    origin: fourOrigin,
  },
  {
    name: 'version 2 over IPv6 with more behind the addresses',
    bytes: v2({ family: 0x21, payload: Buffer.concat([six, tlv]) }),
    origin: sixOrigin,
  },
  { name: 'version 2, local', bytes: v2({ versionAndCommand: 0x20, family: 0 }), origin: null },
  {
    name: 'version 2, local with addresses that do not count',
    bytes: v2({ versionAndCommand: 0x20, payload: four }),
    origin: null,
  },
  { name: 'version 2, unspecified family', bytes: v2({ family: 0x00, payload: tlv }), origin: null },
  { name: 'version 2, UDP over IPv4', bytes: v2({ family: 0x12, payload: four }), origin: null },
  { name: 'version 2, UDP over IPv6', bytes: v2({ family: 0x22, payload: six }), origin: null },
  {
    name: 'version 2, unix stream socket',
    bytes: v2({ family: 0x31, payload: Buffer.alloc(216) }),
    origin: null,
  },
  {
    name: 'version 2 of the largest size that is taken',
    bytes: v2({ payload: Buffer.concat([four, Buffer.alloc(4096 - four.length)]) }),
    origin: fourOrigin,
  },
];

const invalid: readonly (readonly [name: string, bytes: Buffer | string, reason: RegExp])[] = [
  ['version 1 of an unknown family', 'PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n', /family/],
  ['version 1 with a family in lower case', 'PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n', /family/],
  ['version 1 with no family', 'PROXY \r\n', /family/],
  ['version 1 with a family that only begins as one', 'PROXY UNKNOWNX\r\n', /family/],
  ['version 1 with IPv6 addresses under TCP4', 'PROXY TCP4 ::1 ::1 1 2\r\n', /fit TCP4/],
  ['version 1 with IPv4 addresses under TCP6', 'PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n', /fit TCP6/],
  ['version 1 with a name for an address', 'PROXY TCP4 localhost 1.2.3.4 1 2\r\n', /fit TCP4/],
  ['version 1 with leading zeros in an address', 'PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n', /fit TCP4/],
  ['version 1 with an address missing', 'PROXY TCP4 1.2.3.4 1 2\r\n', /fit TCP4/],
  ['version 1 with a word too many', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n', /fit TCP4/],
  ['version 1 with two spaces', 'PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n', /fit TCP4/],
  ['version 1 with a tab', 'PROXY TCP4\t1.2.3.4 1.2.3.4 1 2\r\n', /family/],
  ['version 1 with a port above 65535', 'PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n', /port/],
  ['version 1 with a negative port', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 -2\r\n', /port/],
  ['version 1 with a padded port', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 002\r\n', /port/],
  ['version 1 with a hexadecimal port', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 0x2\r\n', /port/],
  ['version 1 without its end after 107 bytes', `PROXY UNKNOWN ${'x'.repeat(93)}`, /107/],
  ['version 1 of 108 bytes', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, /107/],
  ['version 2 of version 1', v2({ versionAndCommand: 0x11, payload: four }), /version 1/],
  ['version 2 of version 3', v2({ versionAndCommand: 0x31, payload: four }), /version 3/],
  ['version 2 of an unknown command', v2({ versionAndCommand: 0x22, payload: four }), /command 2/],
  ['version 2 too short for IPv4', v2({ payload: four.subarray(0, 11) }), /too short/],
  ['version 2 too short for IPv6', v2({ family: 0x21, payload: four }), /too short/],
  ['version 2 without any address', v2({}), /too short/],
  ['version 2 longer than is taken', v2({ payload: four, length: 4097 }), /4113 bytes/],
];

const absent: readonly (readonly [name: string, bytes: Buffer | string])[] = [
  ['an HTTP request', 'GET / HTTP/1.1\r\n\r\n'],
  ['an HTTP request with an empty line before it', '\r\n\r\nGET / HTTP/1.1\r\n\r\n'],
  ['a TLS hello', Buffer.from([0x16, 3, 1, 2, 0, 1])],
  ['a request whose method begins like a header', 'PROPFIND / HTTP/1.1\r\n'],
  ['the word in lower case', 'proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n'],
  ['a signature with one bit changed', Buffer.from('0d0a0d0a000d0a515549540b21110000', 'hex')],
];

describe('parseProxyHeader', () => {
  test.each(valid)('reads $name', ({ bytes, origin }) => {
    expect(parseProxyHeader(bytes)).toEqual({ kind: 'header', origin, bytes: bytes.length });
  });

  test.each(valid)('leaves what follows $name alone', ({ bytes, origin }) => {
    const more = Buffer.concat([bytes, Buffer.from('\r\nGET / HTTP/1.1\r\n')]);
    expect(parseProxyHeader(more)).toEqual({ kind: 'header', origin, bytes: bytes.length });
  });

  test.each(valid)('asks for more at every length of $name but the last', ({ bytes }) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(parseProxyHeader(bytes.subarray(0, length)), `${length} bytes`).toEqual({ kind: 'need-more' });
    }
  });

  test.each(invalid)('refuses %s', (_, bytes, reason) => {
    const header = parseProxyHeader(Buffer.from(bytes as string, 'latin1'));
    expect(header).toMatchObject({ kind: 'invalid', reason: expect.stringMatching(reason) as string });
  });

  test.each(invalid)('takes no beginning of %s for a header', (_, bytes) => {
    const all = Buffer.from(bytes as string, 'latin1');
    for (let length = 0; length < all.length; length++) {
      expect(['need-more', 'invalid']).toContain(parseProxyHeader(all.subarray(0, length)).kind);
    }
  });

  test.each(absent)('sees that %s is none', (_, bytes) => {
    expect(parseProxyHeader(Buffer.from(bytes as string, 'latin1'))).toEqual({ kind: 'absent' });
  });
});

describe('formatProxyHeader', () => {
  const mapped: readonly (readonly [string, ConnectionOrigin])[] = [
    ['IPv4', fourOrigin],
    ['IPv6', sixOrigin],
    ['IPv6 loopback', { ...sixOrigin, sourceAddress: '::1', destinationAddress: '::' }],
    [
      'IPv6 without any zero',
      { ...sixOrigin, sourceAddress: '1:2:3:4:5:6:7:8', destinationAddress: '8:7:6:5:4:3:2:1' },
    ],
    [
      'IPv6 with zeros at its end',
      { ...sixOrigin, sourceAddress: '2001:db8::', destinationAddress: 'fe80::1:0:0' },
    ],
  ];

  for (const version of ['v1', 'v2'] as const) {
    test.each(mapped)(`writes %s in ${version} so that it is read back`, (_, origin) => {
      const bytes = formatProxyHeader(version, origin);
      expect(parseProxyHeader(bytes)).toEqual({ kind: 'header', origin, bytes: bytes.length });
    });

    test(`writes mixed and missing families in ${version} as unknown`, () => {
      for (const sourceAddress of ['2001:db8::1', '', '/run/a.sock']) {
        const bytes = formatProxyHeader(version, { ...fourOrigin, sourceAddress });
        expect(parseProxyHeader(bytes)).toEqual({ kind: 'header', origin: null, bytes: bytes.length });
      }
    });
  }

  test('writes the bytes that the specification shows', () => {
    expect(formatProxyHeader('v1', fourOrigin).toString()).toBe(
      'PROXY TCP4 198.51.100.7 203.0.113.9 54321 443\r\n',
    );
    expect(formatProxyHeader('v2', fourOrigin).equals(v2({ payload: four }))).toBe(true);
    expect(formatProxyHeader('v2', sixOrigin).equals(v2({ family: 0x21, payload: six }))).toBe(true);
  });
});

describe('ProxyProtocolReader', () => {
  let loopback: Loopback | null = null;

  afterEach(() => loopback?.close());

  interface Scene {
    readonly client: Socket;
    readonly handler: Recorder;
    readonly reasons: string[];
    readonly loopback: Loopback;
  }

  async function sceneOf(required: boolean): Promise<Scene> {
    const handler = new Recorder();
    const reasons: string[] = [];
    const opened = await Loopback.open({
      accept(connection) {
        handler.connection = connection;
        return new ProxyProtocolReader({
          connection,
          wheel: opened.context.wheel,
          timeoutMs: 1000,
          required,
          accept: () => handler,
          onInvalid: (reason) => reasons.push(reason),
        });
      },
    });
    loopback = opened;
    return { client: await opened.client(), handler, reasons, loopback: opened };
  }

  test.each(valid)(
    'sets the origin from $name, whole or one byte at a time, and hands over the rest',
    async ({ bytes, origin }) => {
      for (const whole of [true, false]) {
        const { client, handler } = await sceneOf(true);
        const all = Buffer.concat([bytes, Buffer.from('rest')]);
        if (whole) client.write(all);
        else for (const byte of all) client.write(Buffer.of(byte));
        await handler.until(() => handler.length >= 4);
        expect(handler.received.toString()).toBe('rest');
        expect(handler.connection.origin).toEqual(origin);
        const expected = origin === null ? '127.0.0.1' : origin.sourceAddress;
        expect(handler.connection.remoteAddress).toBe(expected);
        loopback?.close();
      }
    },
  );

  test('waits for nothing once the header is complete', async () => {
    const { client, handler, loopback: scene } = await sceneOf(true);
    client.write(v2({ payload: four }));
    await untilTrue(() => handler.connection?.origin !== null);
    scene.advance(5000);
    expect(handler.connection.closed).toBe(false);
    client.write('later');
    await handler.seen('data');
    expect(handler.received.toString()).toBe('later');
  });

  test.each(absent)('hands over all bytes of %s where no header is required', async (_, bytes) => {
    const { client, handler } = await sceneOf(false);
    const all = Buffer.from(bytes as string, 'latin1');
    client.write(all);
    await handler.until(() => handler.length === all.length);
    expect(handler.received.equals(all)).toBe(true);
    expect(handler.connection.origin).toBeNull();
  });

  test('cuts a connection without a header where one is required, and says so', async () => {
    const { client, handler, reasons } = await sceneOf(true);
    client.write('GET / HTTP/1.1\r\n\r\n');
    expect((await drained(client)).length).toBe(0);
    expect(reasons).toEqual(['no PROXY header']);
    expect(handler.events).toEqual([]);
  });

  test('cuts a connection with an invalid header, required or not', async () => {
    for (const required of [true, false]) {
      const { client, handler, reasons } = await sceneOf(required);
      client.write('PROXY TCP4 nonsense\r\n');
      await drained(client);
      expect(reasons).toEqual(['version 1 addresses do not fit TCP4']);
      expect(handler.events).toEqual([]);
      loopback?.close();
    }
  });

  test('cuts a connection that has not sent its header in time', async () => {
    const { client, handler, reasons, loopback: scene } = await sceneOf(true);
    client.write('PROXY TCP4 198.51.');
    await untilTrue(() => handler.connection?.bytesReceived > 0);
    scene.advance(1200);
    await drained(client);
    expect(reasons).toEqual(['no complete PROXY header in time']);
    expect(handler.events).toEqual([]);
    expect(handler.connection.closed).toBe(true);
  });

  test('closes a connection that ends within its header', async () => {
    const { client, handler, reasons } = await sceneOf(true);
    client.end('PROXY TCP4 198.51.');
    expect((await drained(client)).length).toBe(0);
    expect(handler.events).toEqual([]);
    expect(reasons).toEqual([]);
  });
});

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
