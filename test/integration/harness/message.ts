/** HTTP/1.1 messages as a test sees them: read out of received bytes, strictly, with the bytes themselves at hand. */

export interface Message {
  /** Without CRLF. */
  readonly startLine: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** After removal of the chunked coding; latin1. */
  readonly body: string;
  /** Sizes of the chunks; `null` when the body was not chunked. */
  readonly chunks: readonly number[] | null;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** Everything, as it came; latin1. */
  readonly raw: string;
}

/** First value of a field, by its name in any case. */
export function header(message: Pick<Message, 'fields'>, name: string): string | undefined {
  return headers(message, name)[0];
}

export function headers({ fields }: Pick<Message, 'fields'>, name: string): string[] {
  const lower = name.toLowerCase();
  return fields.filter(([key]) => key.toLowerCase() === lower).map(([, value]) => value);
}

export function statusOf(message: Message): number {
  const match = /^HTTP\/1\.[01] (\d{3})(?: .*)?$/.exec(message.startLine);
  if (match === null) throw new Error(`not a status line: ${JSON.stringify(message.startLine)}`);
  return Number(match[1]);
}

export interface ReadOptions {
  readonly kind: 'request' | 'response';
  /** The response answers HEAD: there is no body whatever the fields say. */
  readonly toHead: boolean;
  /** Nothing more will come. */
  readonly ended: boolean;
}

/** The message at the start of `bytes` and how many bytes it takes; `null` while it is incomplete. Throws when malformed. */
export function readMessage(
  bytes: Buffer,
  options: ReadOptions,
): { readonly message: Message; readonly length: number } | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const fields = lines.map(readField);
  const at = headEnd + 4;
  const body = readBody(bytes, at, { startLine, fields }, options);
  if (body === null) return null;
  const { length, ...content } = body;
  const raw = bytes.toString('latin1', 0, at + length);
  return { message: { startLine, fields, ...content, raw }, length: at + length };
}

function readField(line: string): readonly [string, string] {
  const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line);
  if (match === null) throw new Error(`not a field line: ${JSON.stringify(line)}`);
  return [match[1]!, match[2]!];
}

interface Body extends Pick<Message, 'body' | 'chunks' | 'trailers'> {
  readonly length: number;
}

function readBody(
  bytes: Buffer,
  from: number,
  head: Pick<Message, 'startLine' | 'fields'>,
  { kind, toHead, ended }: ReadOptions,
): Body | null {
  const none: Body = { body: '', chunks: null, trailers: [], length: 0 };
  const status = Number(head.startLine.split(' ')[1]);
  if (kind === 'response' && (toHead || status < 200 || status === 204 || status === 304)) return none;
  if (header(head, 'transfer-encoding')?.toLowerCase() === 'chunked') return readChunked(bytes, from);
  const length = header(head, 'content-length');
  if (length !== undefined) {
    if (!/^\d+$/.test(length)) throw new Error(`not a length: ${length}`);
    const end = from + Number(length);
    if (bytes.length < end) return null;
    return { ...none, body: bytes.toString('latin1', from, end), length: Number(length) };
  }
  if (kind === 'request') return none;
  if (!ended) return null;
  return { ...none, body: bytes.toString('latin1', from), length: bytes.length - from };
}

function readChunked(bytes: Buffer, from: number): Body | null {
  const chunks: number[] = [];
  let body = '';
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const line = bytes.toString('latin1', at, lineEnd);
    if (!/^[0-9a-fA-F]+$/.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    at = lineEnd + 2;
    if (size === 0) break;
    if (bytes.length < at + size + 2) return null;
    if (bytes.toString('latin1', at + size, at + size + 2) !== '\r\n')
      throw new Error('no CRLF behind a chunk');
    chunks.push(size);
    body += bytes.toString('latin1', at, at + size);
    at += size + 2;
  }
  const end = bytes.indexOf('\r\n', at) === at ? at : bytes.indexOf('\r\n\r\n', at) + 2;
  if (end < 2 || bytes.length < end + 2) return null;
  const lines = bytes
    .toString('latin1', at, end)
    .split('\r\n')
    .filter((line) => line !== '');
  return { body, chunks, trailers: lines.map(readField), length: end + 2 - from };
}
