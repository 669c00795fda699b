/**
 * The messages of `grpc.health.v1` in protobuf's wire format. Four messages of one field each need neither a generator nor
 * a library at run time. What is read comes from anybody: it is bounded, and fields that are not known are passed over.
 */

/** `HealthCheckResponse.ServingStatus`. */
export const ServingStatus = { unknown: 0, serving: 1, notServing: 2, serviceUnknown: 3 } as const;
export type ServingStatus = (typeof ServingStatus)[keyof typeof ServingStatus];

/** Of a request, in bytes. The names of the services are short; what is longer is none of them. */
export const maxRequestBytes = 1024;

const WireType = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;
/** 64 bits in groups of 7. */
const maxVarintBytes = 10;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that are not the message they should be; the caller is answered with the reason. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/** `HealthCheckRequest`. An object, as every message here: grpc-js takes an empty text for no message at all. */
export interface CheckRequest {
  /** Empty: all of it. */
  readonly service: string;
}

/** Throws `MalformedMessage`. */
export function decodeCheckRequest(bytes: Uint8Array): CheckRequest {
  let service: Uint8Array = new Uint8Array();
  // The last one counts (protobuf encoding, "Last One Wins").
  for (const { number, value } of fields(bytes)) if (number === 1 && value !== null) service = value;
  try {
    return { service: utf8.decode(service) };
  } catch {
    throw new MalformedMessage('the name of the service is not UTF-8');
  }
}

/** `HealthListRequest` has no fields, but a later one may. Throws `MalformedMessage`. */
export function decodeListRequest(bytes: Uint8Array): Readonly<Record<string, never>> {
  fields(bytes);
  return {};
}

/** `HealthCheckResponse`. */
export function encodeCheckResponse(status: ServingStatus): Buffer {
  // Zero is what a field has that is not there.
  return status === ServingStatus.unknown ? Buffer.alloc(0) : Buffer.from([tag(1, WireType.varint), status]);
}

/** `HealthListResponse`: a map is a list of entries with key 1 and value 2. */
export function encodeListResponse(statuses: ReadonlyMap<string, ServingStatus>): Buffer {
  const entries = [...statuses].map(([service, status]) =>
    delimited(
      1,
      Buffer.concat([delimited(1, Buffer.from(service)), delimited(2, encodeCheckResponse(status))]),
    ),
  );
  return Buffer.concat(entries);
}

interface Field {
  readonly number: number;
  /** Null for a number: none of the messages that are read has one. */
  readonly value: Uint8Array | null;
}

function fields(bytes: Uint8Array): readonly Field[] {
  if (bytes.length > maxRequestBytes)
    throw new MalformedMessage(`a request has more than ${maxRequestBytes} bytes`);
  const found: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const head = readVarint(bytes, at);
    const number = Math.floor(head.value / 8);
    if (number < 1 || number > maxFieldNumber) throw new MalformedMessage('a field has no valid number');
    const { value, end } = readValue(bytes, head.end, head.value % 8);
    found.push({ number, value });
    at = end;
  }
  return found;
}

/** Protobuf, "Assigning Field Numbers". */
const maxFieldNumber = 2 ** 29 - 1;

function readValue(
  bytes: Uint8Array,
  at: number,
  wireType: number,
): { readonly value: Uint8Array | null; readonly end: number } {
  switch (wireType) {
    case WireType.varint:
      return { value: null, end: readVarint(bytes, at).end };
    case WireType.fixed64:
      return { value: null, end: within(bytes, at + 8) };
    case WireType.fixed32:
      return { value: null, end: within(bytes, at + 4) };
    case WireType.delimited: {
      const length = readVarint(bytes, at);
      const end = within(bytes, length.end + length.value);
      return { value: bytes.subarray(length.end, end), end };
    }
    default:
      // Groups (3 and 4) were never part of proto3.
      throw new MalformedMessage(`a field has the wire type ${wireType}`);
  }
}

function within(bytes: Uint8Array, end: number): number {
  if (end > bytes.length) throw new MalformedMessage('the request is cut off');
  return end;
}

/** A value beyond 2^53 loses its lowest bits; as a number or a length it is refused anyway, and skipped it does not matter. */
function readVarint(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let length = 0; length < maxVarintBytes; length++) {
    const byte = bytes[start + length];
    if (byte === undefined) throw new MalformedMessage('the request is cut off');
    value += (byte & 0x7f) * 2 ** (7 * length);
    if (byte < 0x80) return { value, end: start + length + 1 };
  }
  throw new MalformedMessage(`a number has more than ${maxVarintBytes} bytes`);
}

function delimited(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(tag(number, WireType.delimited)), varint(content.length), content]);
}

function tag(number: number, wireType: number): number {
  return number * 8 + wireType;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
