/** Asks an aggregator for its verdict on a release, and says in words what keeps it from answering. */
import type { AdminAddress } from '../admin/admin-address.ts';
import { AdminFailure } from '../admin/admin-failure.ts';
import { ask, type Peer, tokenWanted } from '../admin/http-exchange.ts';
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
export async function fetchVerdict({
  aggregator,
  token,
  release,
  service,
}: VerdictQuestion): Promise<unknown> {
  const url = new URL(`${aggregator}/v1/releases/${encodeURIComponent(release)}/verdict`);
  if (service !== null) url.searchParams.set('service', service);
  const doubt = 'is the aggregator running, and is this its address (--aggregator)?';
  const peer: Peer = { address: aggregator, token, doubt };
  const { status, text } = await ask(peer, { url, timeoutMs: patienceMs });
  const answer = parsed(await text(maxAnswerBytes));
  if (status === 200) return answer;
  const reason = refusalOf(status, isObject(answer) ? textOf(answer['error']) : '', peer);
  throw status === 400 || status === 401 || status === 403
    ? new VerdictRefusal(reason)
    : new AdminFailure(reason);
}

/** `null` for what is no JSON, as if that had been said. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function refusalOf(status: number, reason: string, peer: Peer): string {
  if (status === 401) return tokenWanted(peer);
  return `${peer.address} answers ${status}${reason === '' ? '' : `: ${reason}`}`;
}
