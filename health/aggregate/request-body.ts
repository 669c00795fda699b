/** Reads a request's JSON within a bound; whatever is wrong with it comes back as an answer. */
import type { IncomingMessage } from 'node:http';
import { type Answer, problem } from './answer.ts';

export type BodyResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly answer: Answer };

export async function readJson(request: IncomingMessage, maxBytes: number): Promise<BodyResult> {
  const { headers } = request;
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/json')
    return failed(415, 'the body must be application/json', { accept: 'application/json' });
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
    return failed(415, 'the body must not be compressed');
  const tooLarge = failed(413, `the body has more than ${maxBytes} bytes`);
  if (Number(headers['content-length'] ?? 0) > maxBytes) return tooLarge;
  const pieces: Buffer[] = [];
  const whole = await readPieces(request, maxBytes, (piece) => pieces.push(piece));
  if (whole === 'cut') return failed(400, 'the body ended early');
  if (whole === 'more') return tooLarge;
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(pieces).toString()) as unknown };
  } catch {
    return failed(400, 'the body is no JSON');
  }
}

/**
 * Reads over what is left of a body, up to `maxBytes`: a client that is still writing when the connection closes loses
 * the answer that tells it why.
 */
export async function discardBody(request: IncomingMessage, maxBytes: number): Promise<void> {
  await readPieces(request, maxBytes, () => {});
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

async function readPieces(
  request: IncomingMessage,
  maxBytes: number,
  take: (piece: Buffer) => void,
): Promise<'whole' | 'more' | 'cut'> {
  let bytes = 0;
  try {
    // Leaving the loop must not destroy the connection that the answer goes back on.
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > maxBytes) return 'more';
      take(piece);
    }
  } catch {
    return 'cut';
  }
  return 'whole';
}

function failed(status: number, reason: string, headers: Readonly<Record<string, string>> = {}): BodyResult {
  return { ok: false, answer: problem(status, reason, headers) };
}
