/**
 * What nodes have told an aggregator of some minutes ago, late. To it, versions that came within a minute came together, and
 * then none of them is the new one: the old ones have to have been there before.
 */
import type { EpochReport } from '../../health/observe/epoch-report.ts';
import { epochMs, epochOf, type Peer } from '../../health/observe/viewpoint.ts';

const agoMs = 120_000;

/** Nodes as they were before they were started anew, without a call. Throws when they are not taken. */
export async function reportPast(
  { url, token }: { readonly url: string; readonly token: string },
  nodes: readonly Peer[],
): Promise<void> {
  const at = Date.now() - agoMs;
  const reports = nodes.map(
    (node): EpochReport => ({
      format: 1,
      node,
      incarnation: at - epochMs,
      epoch: epochOf(at),
      viewpoints: ['inbound_downstream'],
      edges: [],
      totals: [],
      overflowed: 0,
    }),
  );
  const answer = await fetch(`${url}/v1/epochs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(reports),
  });
  if (answer.status !== 202) throw new Error(`the aggregator: ${answer.status} ${await answer.text()}`);
}
