/** The header fields that the proxy itself reads or writes; all others pass by unnamed. */

export const Field = {
  Other: 0,
  Connection: 1,
  ContentLength: 2,
  Expect: 3,
  Host: 4,
  KeepAlive: 5,
  ProxyConnection: 6,
  Te: 7,
  Trailer: 8,
  TransferEncoding: 9,
  Upgrade: 10,
  Via: 11,
  XForwardedFor: 12,
  XForwardedHost: 13,
  XForwardedProto: 14,
  XRequestId: 15,
  TraceParent: 16,
  TraceState: 17,
  B3: 18,
} as const;
export type Field = (typeof Field)[keyof typeof Field];

/** Indexed by `Field`. */
export const fieldNames: readonly string[] = [
  '',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
  'traceparent',
  'tracestate',
  'b3',
];

const byName: ReadonlyMap<string, Field> = new Map(
  fieldNames.flatMap((name, field) => (field === Field.Other ? [] : [[name, field as Field]])),
);

/** `name` in lower case. */
export function fieldByName(name: string): Field {
  return byName.get(name) ?? Field.Other;
}

/** A set of fields as bits. */
export function fieldBit(field: Field): number {
  return 1 << field;
}

/** Fields that end at the next hop (RFC 9110 section 7.6.1) or that each hop writes anew. */
export const hopByHop: number =
  fieldBit(Field.Connection) |
  fieldBit(Field.KeepAlive) |
  fieldBit(Field.ProxyConnection) |
  fieldBit(Field.Te) |
  fieldBit(Field.TransferEncoding) |
  fieldBit(Field.Upgrade);

/** Names by length, so that one comparison or two decide. */
const byLength: readonly (readonly Field[])[] = Array.from({ length: 20 }, (_, length) =>
  fieldNames.flatMap((name, field) =>
    field !== Field.Other && name.length === length ? [field as Field] : [],
  ),
);
const nameBytes: readonly Uint8Array[] = fieldNames.map((name) => Buffer.from(name, 'latin1'));

/** Which field the name `bytes[at..at+length)` is; the bytes must be a token. */
export function identifyField(bytes: Uint8Array, at: number, length: number): Field {
  if (length >= byLength.length) return Field.Other;
  const candidates = byLength[length]!;
  for (let i = 0; i < candidates.length; i++) {
    const field = candidates[i]!;
    if (equalsLowerCase(bytes, at, nameBytes[field]!)) return field;
  }
  return Field.Other;
}

/** Whether the bytes at `at`, a token put in lower case, are `name`. Setting bit 5 maps no other token byte to a letter or `-`. */
export function equalsLowerCase(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    if ((bytes[at + i]! | 0x20) !== name[i]) return false;
  }
  return true;
}
