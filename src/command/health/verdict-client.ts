/** Asks an aggregator for its verdict on a release, and says in words what keeps it from answering. */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AdminAddress } from '../admin/admin-address.ts';
import { AdminFailure } from '../admin/admin-failure.ts';
import { isObject, textOf } from '../admin/json.ts';

/** A verdict with its suspects has some hundred kilobytes at most. */
const maxAnswerBytes: number = 8 * 1024 * 1024;
/** It answers from memory. Until the whole answer is there. */
const patienceMs = 5000;

export interface VerdictQuestion {
  readonly aggregator: AdminAddress;
  /** Empty: none. */
  readonly token: string;
  readonly release: string;
  /** `null`: the worst of all that have the release. */
  readonly service: string | null;
}

/** Asking again will not help: the token or the question is not right. */
export class VerdictRefusal extends Error {
  override readonly name = 'VerdictRefusal';
}

/** Whatever JSON came with a status 200. Rejects with an AdminFailure or a VerdictRefusal. */
export async function fetchVerdict(question: VerdictQuestion): Promise<unknown> {
  const { aggregator } = question;
  const signal = AbortSignal.timeout(patienceMs);
  let status: number;
  let body: string;
  try {
    const response = await send(question, signal);
    status = response.statusCode ?? 0;
    body = await bodyOf(response, aggregator);
  } catch (error) {
    if (error instanceof AdminFailure) throw error;
    // In the middle of an answer it looks as if the other side had hung up.
    const late = `${aggregator} did not answer in time`;
    throw new AdminFailure(signal.aborted ? late : whyNot(error, aggregator));
  }
  const answer = parsed(body);
  if (status === 200) return answer;
  const reason = refusalOf(status, isObject(answer) ? textOf(answer['error']) : '', question);
  throw status === 400 || status === 401 || status === 403
    ? new VerdictRefusal(reason)
    : new AdminFailure(reason);
}

function send(
  { aggregator, token, release, service }: VerdictQuestion,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const url = new URL(`${aggregator}/v1/releases/${encodeURIComponent(release)}/verdict`);
  if (service !== null) url.searchParams.set('service', service);
  const headers: Record<string, string> = { accept: 'application/json', connection: 'close' };
  if (token !== '') headers['authorization'] = `Bearer ${token}`;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const sending = start(url, { headers, signal }, resolve);
  sending.on('error', reject);
  sending.end();
  return promise;
}

async function bodyOf(response: IncomingMessage, aggregator: AdminAddress): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length > maxAnswerBytes) throw new AdminFailure(`${aggregator} answers without end`);
  }
  return Buffer.concat(pieces).toString();
}

/** `null` for what is no JSON, as if that had been said. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function whyNot(error: unknown, aggregator: AdminAddress): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ECONNREFUSED':
      return `nobody listens on ${aggregator}: is the aggregator running, and is this its address (--aggregator)?`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host of ${aggregator} is not known`;
    default:
      return `cannot talk to ${aggregator}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function refusalOf(status: number, reason: string, { aggregator, token }: VerdictQuestion): string {
  if (status === 401) {
    const wrong = token === '' ? '' : '; the one given is not right';
    return `${aggregator} wants a token: give --token-file, or MESHLOCK_ADMIN_TOKEN in the environment${wrong}`;
  }
  return `${aggregator} answers ${status}${reason === '' ? '' : `: ${reason}`}`;
}
