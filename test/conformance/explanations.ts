/** Why our parser and llhttp may come to different results on a message that nobody wrote by hand. */
import { METHODS } from 'node:http';
import type { HeadError } from '../../src/protocol/index.ts';
import type { HeadKind } from '../unit/protocol/head-reading.ts';
import type { SeenMessage } from './reading.ts';

interface Milder {
  /** What llhttp says. */
  readonly code: string;
  readonly why: string;
  /** Whether that is so for the message that we have read and llhttp has not. */
  readonly holds: (message: SeenMessage, text: string, kind: HeadKind) => boolean;
}

/** We read it and llhttp does not. */
export const milder: readonly Milder[] = [
  {
    code: 'HPE_INVALID_METHOD',
    why: 'a method is any token (RFC 9110 section 9.1)',
    holds: ({ method }) => !METHODS.includes(method),
  },
  {
    code: 'HPE_INVALID_URL',
    why: 'bytes above 127 stand in targets that clients send, and are forwarded as they came',
    holds: ({ target }) => /[\x80-\xff]/.test(target),
  },
  {
    code: 'HPE_INVALID_VERSION',
    why: 'a later minor version is read as the highest one known (RFC 9110 section 2.5)',
    holds: (_, text) => /HTTP\/1\.[2-9]/.test(text),
  },
  {
    code: 'HPE_STRICT',
    why: 'extensions of chunks are dropped unread',
    holds: ({ fields }, text) => isChunked(fields) && /\n[0-9a-f]+;/i.test(text),
  },
  {
    code: 'HPE_INVALID_CONTENT_LENGTH',
    why: 'trailers that frame are dropped',
    holds: ({ fields }, text) => isChunked(fields) && /\n0+(;[^\r]*)?\r\n[^]*content-length/i.test(text),
  },
  {
    code: 'HPE_INVALID_TRANSFER_ENCODING',
    why: 'tabs around a value are no part of it, and trailers that frame are dropped',
    holds: ({ fields }, text) => isChunked(fields) && /chunked *\t|\n0+\r\n[^]*transfer-encoding/i.test(text),
  },
  {
    code: 'HPE_CLOSED_CONNECTION',
    why: 'what an interim answer says of the connection means nothing',
    holds: (_, text, kind) => kind === 'response' && /^HTTP\/1\.\d 1\d\d/.test(text),
  },
];

function isChunked(fields: SeenMessage['fields']): boolean {
  return fields.some(([name]) => name.toLowerCase() === 'transfer-encoding');
}

/** We refuse it, for this, and llhttp may read it. */
export const stricter: Readonly<Partial<Record<keyof typeof HeadError, string>>> = {
  InvalidTarget: 'a target has one of four forms (RFC 9112 section 3.2)',
  InvalidVersion: 'HTTP/0.9, for which llhttp takes a line without a version, is none of ours',
  UnsupportedVersion: 'other major versions are none of ours',
  ExpectationFailed: 'an expectation that is not exactly 100-continue is answered 417',
  TransferEncodingInHttp10: 'HTTP/1.0 has no transfer codings',
  InvalidTransferEncoding: 'of codings we know chunked alone',
  UnsupportedTransferCoding: 'of codings we know chunked alone',
  MissingHost: 'HTTP/1.1 needs Host',
  DuplicateHost: 'there is one Host',
  InvalidHost: 'Host is a host',
  ConnectWithBody: 'CONNECT has no body',
  InvalidContentLength: 'a length has 15 digits at most',
  InvalidChunkSize: 'a size has 13 digits at most',
  BareLineFeed: 'an empty line before a request ends in CRLF, too',
  BareCarriageReturn: 'an empty line before a request ends in CRLF, too',
  InvalidMethod: 'before a request stand two empty lines at most',
  InvalidStatusLine: 'a status is 100 to 599, a reason is text, and no empty line stands before an answer',
  UnexpectedBytes: 'what follows an answer spoils its connection',
};
