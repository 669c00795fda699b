/** What `grpc.health.v1` says of this process: static health in the words of that protocol. Pure. */
import { verboseText } from '../../../../health/static.ts';
import type { HealthAccess } from '../proxy-health.ts';
import { ServingStatus } from './codec.ts';

/**
 * The services that there are: ``, which is `/readyz`; `static`, the components; `traffic`, the gate. For a name that is
 * not in the map the protocol has answers of its own.
 */
export function servingStatuses({
  snapshot,
  gate,
}: Pick<HealthAccess, 'snapshot' | 'gate'>): ReadonlyMap<string, ServingStatus> {
  const { ok } = verboseText(snapshot, gate, { probe: 'readyz', exclude: [] });
  return new Map([
    ['', serving(ok)],
    ['static', serving(snapshot.status === 'healthy' || snapshot.status === 'degraded')],
    ['traffic', serving(gate.state === 'open')],
  ]);
}

function serving(is: boolean): ServingStatus {
  return is ? ServingStatus.serving : ServingStatus.notServing;
}
