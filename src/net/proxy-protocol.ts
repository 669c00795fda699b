/**
 * PROXY protocol, versions 1 and 2 (HAProxy's specification, 2020-03): reads the header that names the original
 * client, and writes one towards an upstream. The reader stands before a connection's real handler and hands over to
 * it, with whatever bytes follow the header.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { Deadline, type DeadlineOwner, type TimerWheel } from '../base/index.ts';
import { CloseReason, type Connection, type ConnectionHandler, type ConnectionOrigin } from './connection.ts';

const signature: Buffer = Buffer.from([
  0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
]);
/** Longest version 1 line with its CRLF. */
const v1MaxBytes = 107;
/** Version 2: fixed part plus addresses and TLVs; the sender may add many TLVs, more than this is refused. */
const v2MaxBytes = 16 + 4096;

export type ProxyHeader =
  | { readonly kind: 'need-more' }
  /** The bytes are not a PROXY header. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly reason: string }
  /** `origin` is `null` for LOCAL and UNKNOWN: the connection speaks for itself. */
  | { readonly kind: 'header'; readonly origin: ConnectionOrigin | null; readonly bytes: number };

const needMore: ProxyHeader = { kind: 'need-more' };
const absent: ProxyHeader = { kind: 'absent' };

/** Reads the header at the start of `bytes`. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (bytes.length === 0) return needMore;
  if (bytes[0] === signature[0]) return parseV2(bytes);
  const start = bytes.toString('latin1', 0, 6);
  if (!'PROXY '.startsWith(start)) return absent;
  return start.length < 6 ? needMore : parseV1(bytes);
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, v1MaxBytes).indexOf('\r\n');
  if (end < 0) return bytes.length >= v1MaxBytes ? invalid('version 1 line longer than 107 bytes') : needMore;
  const words = bytes.toString('latin1', 6, end).split(' ');
  const consumed = end + 2;
  if (words[0] === 'UNKNOWN') return { kind: 'header', origin: null, bytes: consumed };
  const [family, sourceAddress = '', destinationAddress = '', sourcePort = '', destinationPort = ''] = words;
  const valid = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : null;
  if (valid === null) return invalid('version 1 family is neither TCP4, TCP6 nor UNKNOWN');
  if (words.length !== 5 || !valid(sourceAddress) || !valid(destinationAddress)) {
    return invalid(`version 1 addresses do not fit ${family}`);
  }
  if (!isPort(sourcePort) || !isPort(destinationPort)) return invalid('version 1 port out of range');
  const origin = {
    sourceAddress,
    sourcePort: Number(sourcePort),
    destinationAddress,
    destinationPort: Number(destinationPort),
  };
  return { kind: 'header', origin, bytes: consumed };
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535;
}

function parseV2(bytes: Buffer): ProxyHeader {
  const seen = Math.min(bytes.length, signature.length);
  if (bytes.compare(signature, 0, seen, 0, seen) !== 0) return absent;
  if (bytes.length < 16) return needMore;
  const versionAndCommand = bytes[12]!;
  if (versionAndCommand >> 4 !== 2)
    return invalid(`version ${versionAndCommand >> 4} behind a version 2 signature`);
  const command = versionAndCommand & 15;
  if (command > 1) return invalid(`unknown version 2 command ${command}`);
  const total = 16 + bytes.readUInt16BE(14);
  if (total > v2MaxBytes) return invalid(`version 2 header of ${total} bytes, more than ${v2MaxBytes}`);
  if (bytes.length < total) return needMore;
  if (command === 0) return { kind: 'header', origin: null, bytes: total };
  return readV2Addresses(bytes, bytes[13]!, total);
}

function readV2Addresses(bytes: Buffer, family: number, total: number): ProxyHeader {
  // 0x11 TCP over IPv4, 0x21 TCP over IPv6; anything else (UDP, unix, unspecified) is accepted and not used.
  const width = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (width === 0) return { kind: 'header', origin: null, bytes: total };
  if (total < 16 + 2 * width + 4) return invalid('version 2 header too short for its address family');
  const origin = {
    sourceAddress: readAddress(bytes, 16, width),
    destinationAddress: readAddress(bytes, 16 + width, width),
    sourcePort: bytes.readUInt16BE(16 + 2 * width),
    destinationPort: bytes.readUInt16BE(18 + 2 * width),
  };
  return { kind: 'header', origin, bytes: total };
}

function readAddress(bytes: Buffer, at: number, width: number): string {
  if (width === 4) return bytes.subarray(at, at + 4).join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes.readUInt16BE(at + i).toString(16));
  return canonicalIPv6(groups.join(':'));
}

/** The short form of an IPv6 address (RFC 5952), in hexadecimal throughout. */
function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function invalid(reason: string): ProxyHeader {
  return { kind: 'invalid', reason };
}

/** Writes the header of `version` for a connection with these addresses. */
export function formatProxyHeader(version: 'v1' | 'v2', origin: ConnectionOrigin): Buffer {
  const four = isIPv4(origin.sourceAddress) && isIPv4(origin.destinationAddress);
  const six = isIPv6(origin.sourceAddress) && isIPv6(origin.destinationAddress);
  if (version === 'v1') return Buffer.from(formatV1(origin, four, six), 'latin1');
  return formatV2(origin, four, six);
}

function formatV1(origin: ConnectionOrigin, four: boolean, six: boolean): string {
  if (!four && !six) return 'PROXY UNKNOWN\r\n';
  const { sourceAddress, destinationAddress, sourcePort, destinationPort } = origin;
  return `PROXY ${four ? 'TCP4' : 'TCP6'} ${sourceAddress} ${destinationAddress} ${sourcePort} ${destinationPort}\r\n`;
}

function formatV2(origin: ConnectionOrigin, four: boolean, six: boolean): Buffer {
  const width = four ? 4 : six ? 16 : 0;
  const header = Buffer.alloc(16 + (width === 0 ? 0 : 2 * width + 4));
  signature.copy(header);
  header[12] = 0x21;
  header[13] = four ? 0x11 : six ? 0x21 : 0;
  header.writeUInt16BE(header.length - 16, 14);
  if (width > 0) {
    writeAddress(header, 16, origin.sourceAddress);
    writeAddress(header, 16 + width, origin.destinationAddress);
    header.writeUInt16BE(origin.sourcePort, 16 + 2 * width);
    header.writeUInt16BE(origin.destinationPort, 18 + 2 * width);
  }
  return header;
}

function writeAddress(header: Buffer, at: number, address: string): void {
  if (isIPv4(address)) {
    header.set(address.split('.').map(Number), at);
    return;
  }
  const [head = '', tail] = canonicalIPv6(address).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  left.forEach((group, i) => header.writeUInt16BE(Number.parseInt(group, 16), at + 2 * i));
  right.forEach((group, i) =>
    header.writeUInt16BE(Number.parseInt(group, 16), at + 16 - 2 * (right.length - i)),
  );
}

/** Reads a PROXY header, then hands the connection to the handler that `accept` makes. */
export class ProxyProtocolReader implements ConnectionHandler, DeadlineOwner {
  readonly #connection: Connection;
  readonly #required: boolean;
  readonly #accept: () => ConnectionHandler;
  readonly #onInvalid: (reason: string) => void;
  readonly #wheel: TimerWheel;
  readonly #deadline: Deadline = new Deadline(this);
  #bytes: Buffer = Buffer.alloc(0);

  constructor(options: {
    connection: Connection;
    wheel: TimerWheel;
    /** The header must be complete after this; where it need not come, it must have begun. */
    timeoutMs: number;
    required: boolean;
    /** Called when the header has been read and `connection.origin` is set. */
    accept: () => ConnectionHandler;
    onInvalid: (reason: string) => void;
  }) {
    this.#connection = options.connection;
    this.#required = options.required;
    this.#accept = options.accept;
    this.#onInvalid = options.onInvalid;
    this.#wheel = options.wheel;
    this.#wheel.arm(this.#deadline, options.timeoutMs);
  }

  onDeadline(): void {
    if (!this.#required && this.#bytes.length === 0) {
      // Somebody who has no header to send and waits: for the server to speak first, or for his own next request.
      this.#handOver(0);
      return;
    }
    this.#onInvalid('no complete PROXY header in time');
    this.#connection.destroy(CloseReason.Reset);
  }

  onConnect(): void {}

  onData(bytes: Buffer, from: number, to: number): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(from, to)]);
    const header = parseProxyHeader(this.#bytes);
    if (header.kind === 'need-more') return;
    if (header.kind === 'header') {
      this.#connection.origin = header.origin;
      this.#handOver(header.bytes);
    } else if (header.kind === 'absent' && !this.#required) {
      this.#handOver(0);
    } else {
      this.#onInvalid(header.kind === 'invalid' ? header.reason : 'no PROXY header');
      this.#connection.destroy(CloseReason.Reset);
    }
  }

  onEnd(): void {
    this.#connection.destroy();
  }

  onDrain(): void {}

  onClose(): void {
    this.#wheel.cancel(this.#deadline);
  }

  #handOver(consumed: number): void {
    this.#wheel.cancel(this.#deadline);
    const handler = this.#accept();
    this.#connection.handler = handler;
    if (consumed < this.#bytes.length) handler.onData(this.#bytes, consumed, this.#bytes.length);
  }
}
