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
  Date: 19,
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
  'date',
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

const nameBytes: readonly Uint8Array[] = fieldNames.map((name) => Buffer.from(name, 'latin1'));
const longestName: number = Math.max(...fieldNames.map((name) => name.length));

/** By length and first letter there is at most one known name: the table says which, and one comparison decides. */
const candidates: Uint8Array = new Uint8Array((longestName + 1) * 32);
for (const [field, name] of fieldNames.entries()) {
  if (field === Field.Other) continue;
  const key = name.length * 32 + (name.charCodeAt(0) & 31);
  if (candidates[key] !== Field.Other) throw new Error(`two known fields share the key of "${name}"`);
  candidates[key] = field;
}

/** Which field the name `bytes[at..at+length)` is; the bytes must be a token. */
export function identifyField(bytes: Uint8Array, at: number, length: number): Field {
  if (length > longestName) return Field.Other;
  const field = candidates[length * 32 + (bytes[at]! & 31)]! as Field;
  if (field === Field.Other || !equalsLowerCase(bytes, at, nameBytes[field]!)) return Field.Other;
  return field;
}

/** Whether the bytes at `at`, a token put in lower case, are `name`. Setting bit 5 maps no other token byte to a letter or `-`. */
export function equalsLowerCase(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    if ((bytes[at + i]! | 0x20) !== name[i]) return false;
  }
  return true;
}
