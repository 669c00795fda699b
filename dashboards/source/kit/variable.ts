/** What can be chosen at the top of a dashboard. Each choice narrows those behind it, and "All" is everything there is. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { dataSource } from './panel.ts';
import { ofNodes } from './selector.ts';

export interface VariableOptions {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** Values of this label ... */
  readonly values: string;
  /** ... on these series. */
  readonly of: string;
}

/** Several values may be chosen; with "All", `.+` is asked for. */
function choice({ name, label, description, values, of }: VariableOptions): Builder<VariableModel> {
  const query = `label_values(${of}, ${values})`;
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(dataSource)
    .query({ query, refId: `variable-${name}` })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ text: ['All'], value: ['$__all'] });
}

const chosenSource: Builder<VariableModel> = new DatasourceVariableBuilder('datasource')
  .label('Data source')
  .description('The Prometheus, or whatever speaks its language, that scrapes the mesh.')
  .type('prometheus');

const job: Builder<VariableModel> = choice({
  name: 'job',
  label: 'Job',
  description: 'Name of the scrape job of the nodes.',
  values: 'job',
  of: 'meshlock_node_info',
});

const service: Builder<VariableModel> = choice({
  name: 'service',
  label: 'Service',
  description: 'Whose nodes: node.service of their configuration.',
  values: 'node_service',
  of: 'meshlock_node_info{job=~"$job"}',
});

const instance: Builder<VariableModel> = choice({
  name: 'instance',
  label: 'Instance',
  description: "Address of a node's admin API.",
  values: 'instance',
  of: 'meshlock_node_info{job=~"$job", node_service=~"$service"}',
});

const aggregator: Builder<VariableModel> = choice({
  name: 'aggregator',
  label: 'Aggregator',
  description: 'Address of the aggregator; there is more than one when several meshes are scraped.',
  values: 'instance',
  of: 'meshlock_aggregate_nodes',
});

const subject: Builder<VariableModel> = choice({
  name: 'subject',
  label: 'Subject',
  description: 'What is watched: the process, or one of its data threads.',
  values: 'subject',
  of: ofNodes('meshlock_holmes_reading_ratio'),
});

const cluster: Builder<VariableModel> = choice({
  name: 'cluster',
  label: 'Cluster',
  description: 'Where nodes send requests to.',
  values: 'cluster',
  of: ofNodes('meshlock_cluster_connections_active'),
});

/** What every dashboard has. */
export const everywhere: readonly Builder<VariableModel>[] = [chosenSource, job, service, instance];

export const further: Readonly<Record<'aggregator' | 'subject' | 'cluster', Builder<VariableModel>>> = {
  aggregator,
  subject,
  cluster,
};
