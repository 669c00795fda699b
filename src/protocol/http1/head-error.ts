/** What can be wrong with a head or a body, with the status it is refused with and words for the log and the answer. */

export const HeadError = {
  None: 0,
  BareLineFeed: 1,
  BareCarriageReturn: 2,
  InvalidMethod: 3,
  InvalidTarget: 4,
  TargetTooLong: 5,
  HeadTooLarge: 6,
  TooManyFields: 7,
  InvalidVersion: 8,
  UnsupportedVersion: 9,
  InvalidFieldName: 10,
  SpaceBeforeColon: 11,
  FoldedField: 12,
  InvalidFieldValue: 13,
  DuplicateContentLength: 14,
  InvalidContentLength: 15,
  LengthAndTransferEncoding: 16,
  InvalidTransferEncoding: 17,
  UnsupportedTransferCoding: 18,
  MissingHost: 19,
  DuplicateHost: 20,
  InvalidHost: 21,
  ExpectationFailed: 22,
  InvalidStatusLine: 23,
  InvalidChunkSize: 24,
  ChunkExtensionTooLong: 25,
  InvalidChunkEnd: 26,
  InvalidTrailer: 27,
  TransferEncodingInHttp10: 28,
  UnexpectedBytes: 29,
  ConnectWithBody: 30,
} as const;
export type HeadError = (typeof HeadError)[keyof typeof HeadError];

interface Refusal {
  /** Of the answer to a bad request; a bad response is always answered 502. */
  readonly status: number;
  readonly reason: string;
}

/** Indexed by `HeadError`. */
export const refusals: readonly Refusal[] = [
  { status: 500, reason: '' },
  { status: 400, reason: 'a line ends in LF without CR' },
  { status: 400, reason: 'CR is not followed by LF' },
  { status: 400, reason: 'the method is not a token' },
  { status: 400, reason: 'the request target is malformed' },
  { status: 414, reason: 'the request line is too long' },
  { status: 431, reason: 'the head is too large' },
  { status: 431, reason: 'the head has too many fields' },
  { status: 400, reason: 'the HTTP version is malformed' },
  { status: 505, reason: 'the HTTP version is not supported' },
  { status: 400, reason: 'a field name is not a token' },
  { status: 400, reason: 'there is space between a field name and its colon' },
  { status: 400, reason: 'a field value is folded over lines' },
  { status: 400, reason: 'a field value has a control character' },
  { status: 400, reason: 'Content-Length occurs more than once' },
  { status: 400, reason: 'Content-Length is not a plain decimal number' },
  { status: 400, reason: 'both Content-Length and Transfer-Encoding are present' },
  { status: 400, reason: 'Transfer-Encoding is other than chunked' },
  { status: 501, reason: 'the transfer coding is not implemented' },
  { status: 400, reason: 'Host is missing' },
  { status: 400, reason: 'Host occurs more than once' },
  { status: 400, reason: 'Host is malformed' },
  { status: 417, reason: 'the expectation is not 100-continue' },
  { status: 502, reason: 'the status line is malformed' },
  { status: 400, reason: 'a chunk size is malformed or too large' },
  { status: 400, reason: 'the chunk extensions are too long or malformed' },
  { status: 400, reason: 'chunk data is not followed by CRLF' },
  { status: 400, reason: 'the trailer section is malformed or too large' },
  { status: 400, reason: 'Transfer-Encoding is not defined in HTTP/1.0' },
  { status: 502, reason: 'bytes arrived that belong to no answer' },
  { status: 400, reason: 'CONNECT has a body' },
];
