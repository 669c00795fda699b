/** Reads a request's body up to a bound. */
import type { IncomingMessage } from 'node:http';

export const maxBodyBytes = 65_536;

/** The body, `too-large`, or `aborted` when the caller went away before its end. Never rejects. */
export function readBody(request: IncomingMessage): Promise<Buffer | 'too-large' | 'aborted'> {
  return new Promise((resolve) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
      resolve('too-large');
      return;
    }
    const pieces: Buffer[] = [];
    let size = 0;
    const onData = (piece: Buffer): void => {
      size += piece.length;
      if (size <= maxBodyBytes) {
        pieces.push(piece);
        return;
      }
      request.off('data', onData);
      request.pause();
      resolve('too-large');
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(pieces)));
    request.once('close', () => resolve('aborted'));
    request.once('error', () => resolve('aborted'));
  });
}

/** Whether bytes of the body are still to come: then the connection cannot carry another request. */
export function hasUnreadBody(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}
