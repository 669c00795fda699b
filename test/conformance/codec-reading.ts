/** Reads messages with the codec's parsers, in the order in which the codec does on a connection. */
import { BodyReader } from '../../src/protocol/http1/body-reader.ts';
import {
  BodyFraming,
  isPersistent,
  requestFraming,
  responseFraming,
} from '../../src/protocol/http1/head-semantics.ts';
import {
  HeadError,
  type HeadLimits,
  HeadParser,
  type Http1Head,
  Method,
  ParseStatus,
} from '../../src/protocol/index.ts';
import { errorName, headValues, type HeadKind, roomy } from '../unit/protocol/head-reading.ts';
import { type Cuts, deliver, whole } from '../unit/protocol/pieces.ts';
import type { AnsweredMethod, Reading, SeenMessage } from './reading.ts';

interface Options {
  readonly cuts?: Cuts;
  readonly method?: AnsweredMethod;
  readonly limits?: HeadLimits;
}

/** Requests until one is the last of its connection; of answers the first that is final. */
export function readWithCodec(kind: HeadKind, bytes: Buffer, options: Options = {}): CodecReading {
  const reader = new ConnectionReader(kind, options);
  const buffer = Buffer.alloc(bytes.length);
  let consumed = 0;
  deliver(bytes, options.cuts ?? whole, (piece, at) => {
    piece.copy(buffer);
    const taken = reader.read(buffer, piece.length);
    buffer.fill(0x5a);
    consumed = at + taken;
    return taken === piece.length && !reader.over;
  });
  if (consumed < bytes.length) reader.noteRest();
  return { ...reader.result(), consumed };
}

export interface CodecReading extends Reading {
  readonly error: HeadError;
  /** How many of the bytes have been read; counts only if nothing was refused. */
  readonly consumed: number;
}

class ConnectionReader {
  over = false;
  readonly #kind: HeadKind;
  readonly #method: AnsweredMethod;
  readonly #parser: HeadParser;
  readonly #body: BodyReader = new BodyReader();
  readonly #messages: SeenMessage[] = [];
  #error: HeadError = HeadError.None;
  #reusable = false;
  #open: { message: SeenMessage; pieces: Buffer[]; last: boolean } | null = null;

  constructor(kind: HeadKind, { method = 'GET', limits = roomy }: Options) {
    this.#kind = kind;
    this.#method = method;
    this.#parser = new HeadParser(kind, limits);
  }

  /** Reads `bytes[0..to)`; answers where it stopped. */
  read(bytes: Buffer, to: number): number {
    let at = 0;
    while (at < to && !this.over)
      at = this.#open === null ? this.#readHead(bytes, at, to) : this.#readBody(bytes, at, to);
    return at;
  }

  /** There are bytes behind the last message: as an answer they spoil a connection that would have been used again. */
  noteRest(): void {
    if (this.#kind === 'response' && this.#reusable) this.#error = HeadError.UnexpectedBytes;
  }

  result(): Omit<CodecReading, 'consumed'> {
    const open = this.#open;
    const messages = [...this.#messages];
    let waits = this.#parser.started;
    if (open !== null && this.#body.untilClose) messages.push(finished(open.message, open.pieces));
    else if (open !== null) waits = true;
    const refuses = this.#error !== HeadError.None;
    return {
      messages,
      verdict: refuses ? 'refuses' : waits ? 'waits' : 'accepts',
      cause: refuses ? errorName(this.#error) : '',
      error: this.#error,
    };
  }

  #readHead(bytes: Buffer, from: number, to: number): number {
    const status = this.#parser.parse(bytes, from, to);
    if (status === ParseStatus.NeedMore) return to;
    if (status === ParseStatus.Error) return this.#refuse(this.#parser.error, from);
    const { head, consumedTo } = this.#parser;
    if (this.#kind === 'response' && head.status < 200 && head.status !== 101) return consumedTo;
    this.#begin(head);
    return consumedTo;
  }

  #begin(head: Http1Head): void {
    const isRequest = this.#kind === 'request';
    const method = this.#method === 'HEAD' ? Method.Head : Method.Get;
    const framing = isRequest ? requestFraming(head) : responseFraming(head, method);
    const { method: name, rawTarget, status, fields } = headValues(this.#kind, head);
    const switches = (isRequest || head.status === 101) && switchesProtocol(head);
    const message: SeenMessage = {
      method: name,
      target: rawTarget,
      status,
      fields,
      body: switches ? null : '',
    };
    this.#body.start(framing, head.contentLength);
    this.#reusable = !switches && isPersistent(head);
    this.#open = { message, pieces: [], last: !isRequest || switches || !isPersistent(head) };
    if (framing === BodyFraming.None) this.#finish();
  }

  #readBody(bytes: Buffer, from: number, to: number): number {
    const { pieces } = this.#open!;
    const at = this.#body.read(bytes, from, to, {
      onBody: (_, start, end) => pieces.push(Buffer.from(bytes.subarray(start, end))),
    });
    if (this.#body.error !== HeadError.None) return this.#refuse(this.#body.error, at);
    if (this.#body.done) this.#finish();
    return at;
  }

  #finish(): void {
    const { message, pieces, last } = this.#open!;
    this.#messages.push(finished(message, pieces));
    this.#open = null;
    this.over = last;
  }

  #refuse(error: HeadError, at: number): number {
    this.#error = error;
    this.#open = null;
    this.over = true;
    return at;
  }
}

function finished(message: SeenMessage, pieces: readonly Buffer[]): SeenMessage {
  return message.body === null ? message : { ...message, body: Buffer.concat(pieces).toString('latin1') };
}

function switchesProtocol(head: Http1Head): boolean {
  if (head.methodKind === Method.Connect) return true;
  return head.connectionUpgrade && (head.header('upgrade') ?? '') !== '';
}
