/** The configuration files of a local mesh, as a user would write them. */
import type { NodePlan } from './plan.ts';

export interface NodePorts {
  readonly admin: number;
  readonly listener: number;
  /** Where its calls go: its application, or the nodes that it calls. */
  readonly upstreams: readonly number[];
}

export interface AggregatorAddress {
  readonly url: string;
  readonly token: string;
}

export function nodeFile(
  plan: Omit<NodePlan, 'application' | 'to'>,
  ports: NodePorts,
  aggregator: AggregatorAddress,
): string {
  const { name, service, version, release, role, filters, reports = true } = plan;
  const target = reports ? `, aggregator: { url: ${aggregator.url}, token: ${aggregator.token} }` : '';
  const retry = plan.retry === undefined ? '' : `, retry: ${plan.retry}`;
  const timeout = plan.timeout === undefined ? '' : `, timeout: ${plan.timeout}`;
  const endpoints = ports.upstreams.map((port) => `127.0.0.1:${port}`).join(', ');
  return `node: { id: ${name}, service: ${service}, version: "${version}", release: "${release}" }
admin: { address: 127.0.0.1:${ports.admin} }
mesh: { enabled: true${target} }
${plan.settings ?? 'log: { level: error }\ndata_threads: 1\nholmes: { enabled: false }\n'}
listeners:
  - name: ${role}
    address: 127.0.0.1:${ports.listener}
    role: ${role}
    protocol: http
    filters: ${filters ?? '[]'}
    routes: [{ match: { prefix: / }, cluster: next${timeout}${retry} }]
clusters:
  - name: next
    endpoints: [${endpoints}]
${indented(plan.clusterSettings ?? '')}`;
}

export function aggregatorFile(
  address: { readonly port: number; readonly token: string; readonly journal: string },
  settings: string,
): string {
  return `listen: 127.0.0.1:${address.port}
token: ${address.token}
journal: { path: ${address.journal} }
${settings}`;
}

function indented(lines: string): string {
  return lines
    .split('\n')
    .map((line) => (line.trim() === '' ? line : `    ${line}`))
    .join('\n');
}
