/**
 * The demonstration's mesh, by what is to be broken in it:
 *
 *   application -> node web-1 (A) -> node cart-1 (B) -> application
 *                                 -> node cart-2 (B) -> application
 *
 * For a release there are two callers, and two nodes of cart in each version: one bad node is no bad version.
 */
import { type ApplicationPlan, type MeshPlan, type NodePlan, wellApplication } from '../../mesh/plan.ts';
import { freePort } from '../listening.ts';
import type { Fault } from './arguments.ts';

export const newVersion = '1.1.0';
export const newRelease = '2026-11-20.3';

const wantedAdminPort = 9901;
const wantedAggregatorPort = 9921;

/** Calls a second of each caller. */
const rate = 40;
const application: ApplicationPlan = wellApplication;

/** The demonstration's own: twice a second instead of every five, so that an average of ten takes 5 s instead of 50. */
function settings(name: string): string {
  return `log: { format: text, level: warn }
data_threads: 1
thread_heap: 256MiB
holmes:
  directory: captures/${name}
  interval: 500ms
  recorder: { window: 3s, before: 3s, after: 2s, arm: 2s }
`;
}

/** With what an upstream that breaks has to be dealt with: active checks at its side, ejection at its callers'. */
const ownCheck = 'health_check: { http: /healthz, interval: 1s, timeout: 500ms, unhealthy_threshold: 2 }';
const ejection = 'outlier_detection: { consecutive_5xx: 5, base_ejection_time: 10s }';
/** Calls at a steady pace would fall into step with the turns that round_robin takes. */
const byLot = 'balancer: random';

type Named = Pick<NodePlan, 'name' | 'version' | 'release'>;

function web(name: string, to: readonly string[]): NodePlan {
  return {
    name,
    service: 'web',
    version: '7.0.0',
    release: 'before',
    role: 'outbound',
    to,
    application,
    settings: settings(name),
    clusterSettings: `${byLot}\n${ejection}`,
  };
}

function cart({ name, version, release }: Named): NodePlan {
  return {
    name,
    service: 'cart',
    version,
    release,
    role: 'inbound',
    application,
    settings: settings(name),
    clusterSettings: ownCheck,
  };
}

function nodesFor(fault: Fault | null): readonly NodePlan[] {
  const old = ['cart-1', 'cart-2'].map((name) => cart({ name, version: '1.0.0', release: 'before' }));
  if (fault !== 'release') {
    const retry = '{ on: [5xx], attempts: 2 }';
    return [...old, { ...web('web-1', ['cart-1', 'cart-2']), retry }];
  }
  const fresh = ['cart-3', 'cart-4'].map((name) => cart({ name, version: newVersion, release: newRelease }));
  const names = [...old, ...fresh].map(({ name }) => name);
  // Without ejection and retries: the new version is to be judged, not to be avoided or hidden.
  const webs = ['web-1', 'web-2'].map((name) => ({ ...web(name, names), clusterSettings: byLot }));
  return [...old, ...fresh, ...webs];
}

/** Customary ports where they are free, else the next. */
export async function planFor(fault: Fault | null): Promise<MeshPlan> {
  const nodes: NodePlan[] = [];
  let port = wantedAdminPort;
  for (const node of callersFirst(nodesFor(fault))) {
    const adminPort = await freePort(port);
    nodes.push({ ...node, adminPort });
    port = adminPort + 1;
  }
  return {
    nodes,
    rate,
    // Steps of an epoch: a verdict is asked for after seconds here, not after minutes.
    aggregatorSettings: 'verdict: { step: 10s }\n',
    aggregatorPort: await freePort(Math.max(port, wantedAggregatorPort)),
    output: 'ignore',
  };
}

function callersFirst(nodes: readonly NodePlan[]): readonly NodePlan[] {
  return nodes.toSorted((a, b) => Number(a.role === 'inbound') - Number(b.role === 'inbound'));
}
