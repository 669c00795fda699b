/** The configuration of a node of the bench, as a user would write it. */
import type { FilterHarm } from './filter.ts';
import type { Peer } from '../../../health/index.ts';

export interface NodeFile {
  readonly peer: Peer;
  readonly role: 'inbound' | 'outbound';
  readonly admin: number;
  readonly listener: number;
  readonly upstreams: readonly number[];
  /** `null`: it reports nothing. */
  readonly aggregator: { readonly url: string; readonly token: string } | null;
  readonly filter: FilterHarm | null;
  /** Of its route. */
  readonly timeout: string;
}

const filterModule = new URL('./filter.ts', import.meta.url).pathname;

export function nodeFile(file: NodeFile): string {
  const { peer, role, aggregator, filter } = file;
  const target =
    aggregator === null ? '' : `, aggregator: { url: ${aggregator.url}, token: ${aggregator.token} }`;
  const filters =
    filter === null ? '' : `{ name: harm, module: ${filterModule}, options: ${JSON.stringify(filter)} }`;
  const endpoints = file.upstreams.map((port) => `127.0.0.1:${port}`).join(', ');
  return `node: { id: ${peer.node}, service: ${peer.service}, version: "${peer.version}", release: "${peer.release}" }
admin: { address: 127.0.0.1:${file.admin} }
log: { level: error }
data_threads: 1
holmes: { enabled: false }
mesh: { enabled: true${target} }
listeners:
  - name: ${role}
    address: 127.0.0.1:${file.listener}
    role: ${role}
    protocol: http
    filters: [${filters}]
    routes: [{ match: { prefix: / }, cluster: next, timeout: ${file.timeout} }]
clusters:
  - name: next
    endpoints: [${endpoints}]
`;
}
