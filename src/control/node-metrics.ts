/** Who this node is, for joining its figures with those of the mesh. */
import type { NodeIdentity } from '../config/index.ts';
import { Collector, type Exposition } from '../telemetry/control.ts';

/** `node`: asked at each scrape, because a reload may change it. */
export function measureNode(registry: Exposition['registry'], node: () => NodeIdentity): void {
  new Collector({
    name: 'meshlock_node_info',
    help: 'Who this node is; the value is always 1.',
    type: 'gauge',
    labelNames: ['node_id', 'node_service', 'node_version', 'node_release'],
    read: () => {
      const { id, service, version, release } = node();
      const labels = { node_id: id, node_service: service, node_version: version, node_release: release };
      return [{ value: 1, labels }];
    },
  }).registerIn(registry);
}
