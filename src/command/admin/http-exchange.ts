/** One question over HTTP to a process of the mesh, and in words what keeps it from answering. */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AdminAddress } from './admin-address.ts';
import { AdminFailure } from './admin-failure.ts';

/** Who is asked. */
export interface Peer {
  readonly address: AdminAddress;
  /** Empty: none. */
  readonly token: string;
  /** What to look into when nobody listens there. */
  readonly doubt: string;
}

export interface Question {
  readonly url: URL;
  readonly method?: 'GET' | 'POST';
  /** Until the whole answer is there. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Whoever has it reads it to its end or destroys it. */
  readonly body: IncomingMessage;
  /** The text of the body, of `maxBytes` at most. Rejects with an AdminFailure. */
  readonly text: (maxBytes: number) => Promise<string>;
}

/** Whatever status comes. Rejects with an AdminFailure. */
export async function ask(peer: Peer, { url, method = 'GET', timeoutMs }: Question): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers: Record<string, string> = { accept: 'application/json', connection: 'close' };
  if (peer.token !== '') headers['authorization'] = `Bearer ${peer.token}`;
  const signal = AbortSignal.timeout(timeoutMs);
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const sending = start(url, { method, headers, signal }, resolve);
  sending.on('error', reject);
  sending.end();
  try {
    const body = await promise;
    const text = (maxBytes: number) => textOf(body, peer, { signal, maxBytes });
    return { status: body.statusCode ?? 0, body, text };
  } catch (error) {
    throw failureOf(error, peer, signal);
  }
}

/** Why a token is needed, or another one, and how to give it. */
export function tokenWanted({ address, token }: Peer): string {
  const wrong = token === '' ? '' : '; the one given is not right';
  return `${address} wants a token: give --token-file, or MESHLOCK_ADMIN_TOKEN in the environment${wrong}`;
}

async function textOf(
  body: IncomingMessage,
  peer: Peer,
  { signal, maxBytes }: { readonly signal: AbortSignal; readonly maxBytes: number },
): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length > maxBytes) throw new AdminFailure(`${peer.address} answers without end`);
    }
  } catch (error) {
    throw error instanceof AdminFailure ? error : failureOf(error, peer, signal);
  }
  return Buffer.concat(pieces).toString();
}

function failureOf(error: unknown, { address, doubt }: Peer, signal: AbortSignal): AdminFailure {
  // In the middle of an answer it looks as if the other side had hung up.
  if (signal.aborted) return new AdminFailure(`${address} did not answer in time`);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ECONNREFUSED':
      return new AdminFailure(`nobody listens on ${address}: ${doubt}`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new AdminFailure(`the host of ${address} is not known`);
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return new AdminFailure(`cannot talk to ${address}: ${reason}`);
    }
  }
}
