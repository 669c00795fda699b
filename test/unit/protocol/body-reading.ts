/** Feeds a body to its reader as a connection does: from one buffer that every read overwrites. */
import { BodyReader } from '../../../src/protocol/http1/body-reader.ts';
import type { BodyFraming } from '../../../src/protocol/http1/head-semantics.ts';
import type { HeadError } from '../../../src/protocol/index.ts';
import { type Cuts, deliver } from './pieces.ts';

export interface BodyReading {
  readonly done: boolean;
  readonly error: HeadError;
  readonly body: string;
  readonly trailers: string | null;
  /** How many of the bytes belong to the body; counts only if there is no error. */
  readonly consumed: number;
}

export function readBody(
  framing: BodyFraming,
  bytes: Buffer,
  options: { cuts: Cuts; length?: number; reader?: BodyReader },
): BodyReading {
  const reader = options.reader ?? new BodyReader();
  reader.start(framing, options.length ?? 0);
  const pieces: Buffer[] = [];
  const sink = {
    onBody: (from: Buffer, start: number, end: number): void => {
      if (end <= start) throw new Error('an empty piece of a body was handed over');
      pieces.push(Buffer.from(from.subarray(start, end)));
    },
  };
  const buffer = Buffer.alloc(bytes.length + 4, 0x5a);
  let consumed = 0;
  deliver(bytes, options.cuts, (piece, at) => {
    piece.copy(buffer, 2);
    const end = 2 + piece.length;
    const stopped = reader.read(buffer, 2, end, sink);
    buffer.fill(0x5a);
    consumed = at + stopped - 2;
    return stopped === end && !reader.done && reader.error === 0;
  });
  return {
    done: reader.done,
    error: reader.error,
    body: Buffer.concat(pieces).toString('latin1'),
    trailers: reader.trailers?.toString('latin1') ?? null,
    consumed,
  };
}
