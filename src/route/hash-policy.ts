/**
 * What of a request decides its endpoint in a ring or Maglev table: the policies in order, each mixed into the hash of
 * those before, until a terminal one finds that there is a hash. This is Envoy's rule, with 32 bits instead of 64.
 */
import { hash32 } from '../base/index.ts';
import type { HashPolicy } from '../config/index.ts';
import type { RequestHead } from '../protocol/index.ts';
import { cookieValue } from './cookie.ts';
import { pathEnd, queryValue } from './target.ts';

/** 0..2^32-1, or null when no policy found what it looks for. `sourceIp` is the downstream address without its port. */
export function requestHash(
  policies: readonly HashPolicy[],
  head: RequestHead,
  sourceIp: string,
): number | null {
  let hash: number | null = null;
  for (const policy of policies) {
    const value = policyValue(policy, head, sourceIp);
    // Rotating keeps two policies that found the same value from cancelling each other out.
    if (value !== undefined) {
      hash = ((hash === null ? 0 : (hash << 1) | (hash >>> 31)) ^ hash32(value)) >>> 0;
    }
    if (policy.terminal && hash !== null) break;
  }
  return hash;
}

function policyValue(policy: HashPolicy, head: RequestHead, sourceIp: string): string | undefined {
  switch (policy.kind) {
    case 'header':
      return head.header(policy.name);
    case 'cookie': {
      const field = head.header('cookie');
      const value = field === undefined ? undefined : cookieValue(field, policy.name);
      return value === '' ? undefined : value;
    }
    case 'query': {
      const target = head.target;
      return queryValue(target, pathEnd(target), policy.name);
    }
    case 'source-ip':
      return sourceIp === '' ? undefined : sourceIp;
  }
}
