/** What the numbers of states mean, in the words of the product, with one colour for each kind of news. */
import type { Link, Meanings } from './panel.ts';

export const verdictMeanings: Meanings = {
  '1': ['pass', 'green'],
  '0': ['inconclusive', 'yellow'],
  '-1': ['fail', 'red'],
};

/** Of `statusNumber` in the node's dashboard. */
export const statusMeanings: Meanings = {
  '0': ['healthy', 'green'],
  '1': ['degraded', 'yellow'],
  '2': ['starting', 'blue'],
  '3': ['stopped', 'orange'],
  '4': ['unhealthy', 'red'],
};

export const gateMeanings: Meanings = { '0': ['closed', 'red'], '1': ['open', 'green'] };

export const appliedMeanings: Meanings = { '0': ['refused', 'red'], '1': ['applied', 'green'] };

export const healthyMeanings: Meanings = { '0': ['unhealthy', 'red'], '1': ['healthy', 'green'] };

export const ejectedMeanings: Meanings = { '0': ['no', 'text'], '1': ['ejected', 'red'] };

export const endpointMeanings: Meanings = {
  '0': ['in use', 'green'],
  '1': ['ejected', 'orange'],
  '2': ['unhealthy', 'red'],
};

export const upMeanings: Meanings = { '0': ['not scraped', 'red'], '1': ['scraped', 'green'] };

const sameTime = '${__url_time_range}&var-datasource=${datasource}';

/** From a row that has `instance`. */
function ofNode(title: string, dashboard: string): Link {
  return { title, url: `/d/${dashboard}?var-instance=\${__data.fields.instance}&${sameTime}` };
}

export const nodeLink: Link = ofNode('Node', 'meshlock-node');

/** Everything that is told of one node. */
export const nodeLinks: readonly Link[] = [
  nodeLink,
  ofNode('Self-diagnosis of this node', 'meshlock-self-diagnosis'),
  ofNode('Upstreams of this node', 'meshlock-upstreams'),
];

/** From a row whose service stands in this field. */
export function serviceLinks(field: string): readonly Link[] {
  const chosen = `var-service=\${__data.fields.${field}}&${sameTime}`;
  return [
    { title: 'Nodes of this service', url: `/d/meshlock-node?${chosen}` },
    { title: 'Releases of this service', url: `/d/meshlock-release?${chosen}` },
  ];
}
