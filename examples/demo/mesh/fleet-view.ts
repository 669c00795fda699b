/** What the aggregator tells of the fleet: who is under suspicion, and how a release does. */
import type { ReleaseVerdict, Suspect } from '../../../health/index.ts';
import type { LocalMesh } from '../../mesh/local-mesh.ts';
import { fetched } from './fetched.ts';

export interface SuspectNow extends Suspect {
  /** The last inference blamed it, too. */
  readonly active: boolean;
  /** ISO 8601: end of the first window that blamed it. */
  readonly since: string;
}

export async function suspectsOf({ aggregator }: LocalMesh): Promise<readonly SuspectNow[]> {
  const answer = await fetched<{ readonly suspects: readonly SuspectNow[] }>(
    `${aggregator.url}/v1/suspects`,
    aggregator,
  );
  return answer.suspects.filter(({ active }) => active);
}

export function verdictOf(
  { aggregator }: LocalMesh,
  { service, release }: { readonly service: string; readonly release: string },
): Promise<ReleaseVerdict> {
  const path = `/v1/releases/${encodeURIComponent(release)}/verdict?service=${encodeURIComponent(service)}`;
  return fetched(`${aggregator.url}${path}`, aggregator);
}
