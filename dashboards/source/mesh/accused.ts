/** Suspects and verdicts of the chosen services, as expressions. */
import { ofAggregator, ofNodes, sumBy } from '../kit/selector.ts';

export const suspects: string = ofAggregator('meshlock_suspect', 'service=~"$service"');

export const verdicts: string = ofAggregator('meshlock_release_verdict', 'service=~"$service"');

const suspectLabels = ['node', 'module', 'service', 'version'];
const perSuspect = sumBy(suspectLabels, suspects);
/** The aggregator knows nodes by their id; here each has the address at which it is scraped. */
const addresses = `topk by (node) (1, label_replace(${ofNodes('meshlock_node_info')}, "node", "$1", "node_id", "(.*)"))`;

/** With the address of the node, when it is scraped: a suspect that is not scraped must not vanish. */
export const suspectsWithAddress: string =
  `${perSuspect} * on (node) group_left (instance) ${addresses} ` +
  `or on (${suspectLabels.join(', ')}) ${perSuspect}`;
