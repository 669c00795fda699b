/**
 * The counts of a proxy as its two viewpoints on each call have them: towards downstream and towards upstream. The shape
 * is what the counter of `health/` takes, call by call.
 */
import { type EdgeCount, epochMs, type MeshEpoch } from './edge-counts.ts';

type Side = 'downstream' | 'upstream';

export interface ViewpointCount {
  readonly viewpoint: `${EdgeCount['role']}_${Side}`;
  readonly role: EdgeCount['role'];
  readonly side: Side;
  readonly peer: EdgeCount['peer'];
  readonly failed: boolean;
  readonly origin: EdgeCount['origin'];
  readonly reason: string;
  readonly calls: number;
  readonly failures: number;
  /** Unix milliseconds within the epoch. */
  readonly at: number;
}

/** A call that went to no upstream was not seen by the viewpoint that faces it. */
export function viewpointCounts({ epoch, rows }: MeshEpoch): readonly ViewpointCount[] {
  const at = (epoch + 1) * epochMs - 1;
  return rows.flatMap((row) => {
    const { role, peer, origin, reason } = row;
    const sides = [
      { side: 'downstream', calls: row.calls, failures: row.downstreamFailed },
      { side: 'upstream', calls: row.upstreamCalls, failures: row.upstreamFailed },
    ] as const;
    return sides
      .filter(({ calls }) => calls > 0)
      .map(({ side, calls, failures }): ViewpointCount => {
        const viewpoint = `${role}_${side}` as const;
        return { viewpoint, role, side, peer, failed: failures > 0, origin, reason, calls, failures, at };
      });
  });
}
