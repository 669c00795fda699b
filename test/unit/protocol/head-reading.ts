/** Feeds a `HeadParser` as a connection does: from one buffer that every read overwrites. */
import {
  HeadError,
  type HeadLimits,
  HeadParser,
  type Http1Head,
  ParseStatus,
} from '../../../src/protocol/index.ts';
import { type Cuts, deliver, whole } from './pieces.ts';

export type HeadKind = 'request' | 'response';

export const roomy: HeadLimits = { maxHeadBytes: 60_000, maxRequestLineBytes: 8192, maxHeaderCount: 100 };

/** A head as values, for comparison. */
export interface ReadHead {
  readonly method: string;
  /** As it was written. */
  readonly rawTarget: string;
  readonly target: string;
  readonly authority: string;
  readonly minorVersion: number;
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly contentLength: number;
  readonly chunked: boolean;
  readonly length: number;
}

export type HeadReading =
  | { readonly kind: 'done'; readonly head: ReadHead; readonly consumed: number }
  | { readonly kind: 'need-more' }
  | { readonly kind: 'error'; readonly error: HeadError };

/** Reads one head from `bytes` delivered in pieces; `consumed` counts from the first of them. */
export function readHead(
  kind: HeadKind,
  bytes: Buffer,
  options: { cuts?: Cuts; limits?: HeadLimits } = {},
): HeadReading {
  const parser = new HeadParser(kind, options.limits ?? roomy);
  return readWith(parser, kind, bytes, options.cuts ?? whole);
}

/** The same with a parser that may have read heads before. */
export function readWith(parser: HeadParser, kind: HeadKind, bytes: Buffer, cuts: Cuts): HeadReading {
  // What lies around a piece must not matter.
  const before = 3;
  const buffer = Buffer.alloc(bytes.length + 2 * before, 0x5a);
  let reading: HeadReading = { kind: 'need-more' };
  deliver(bytes, cuts, (piece, at) => {
    piece.copy(buffer, before);
    const end = before + piece.length;
    buffer.fill(0x5a, end);
    const status = parser.parse(buffer, before, end);
    if (status === ParseStatus.Done) {
      const head = headValues(kind, parser.head);
      reading = { kind: 'done', head, consumed: at + parser.consumedTo - before };
    } else if (status === ParseStatus.Error) {
      reading = { kind: 'error', error: parser.error };
    }
    buffer.fill(0x5a);
    return status === ParseStatus.NeedMore;
  });
  return reading;
}

export function headValues(kind: HeadKind, head: Http1Head): ReadHead {
  const isRequest = kind === 'request';
  const { bytes, base } = head;
  return {
    method: isRequest ? head.method : '',
    rawTarget: isRequest ? bytes.toString('latin1', base + head.targetStart, base + head.targetEnd) : '',
    target: isRequest ? head.target : '',
    authority: isRequest ? head.authority : '',
    minorVersion: head.minorVersion,
    status: isRequest ? 0 : head.status,
    reason: isRequest ? '' : head.reason,
    fields: Array.from({ length: head.headerCount }, (_, i) => [head.headerName(i), head.headerValue(i)]),
    contentLength: head.contentLength,
    chunked: head.chunked,
    length: head.length,
  };
}

/** The key of an error, for messages. */
export function errorName(error: HeadError): string {
  return Object.entries(HeadError).find(([, value]) => value === error)?.[0] ?? String(error);
}

export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
