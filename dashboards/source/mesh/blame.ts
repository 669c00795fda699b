/** Who breaks calls: suspects, verdicts on releases, and where between two nodes failures arise. */
import { line, type Section } from '../kit/layout.ts';
import { nodeLink, serviceLinks, verdictMeanings } from '../kit/meaning.ts';
import { recorded, top } from '../kit/selector.ts';
import { stateTimeline } from '../kit/state-timeline.ts';
import { table } from '../kit/table.ts';
import { timeSeries } from '../kit/time-series.ts';
import { suspects, suspectsWithAddress, verdicts } from './accused.ts';

export const blame: Section = {
  title: 'Who breaks calls',
  lines: [
    line(
      8,
      table({
        title: 'Suspects',
        description:
          'Who explains the failures of the last minute: a module of a node, or the application behind it, with the share of its calls that it breaks. The node leads to its dashboard when it is scraped.',
        unit: 'percentunit',
        noValue: 'Nobody is under suspicion',
        queries: [{ expr: top(100, suspectsWithAddress) }],
        columns: [
          { field: 'node', title: 'node', links: [nodeLink] },
          { field: 'module', title: 'module' },
          { field: 'service', title: 'service', links: serviceLinks('service') },
          { field: 'version', title: 'version' },
          { field: 'Value', title: 'breaks', unit: 'percentunit', decimals: 1 },
          { field: 'instance', title: 'instance' },
        ],
        sortBy: { title: 'breaks', descending: true },
      }),
      timeSeries({
        title: 'Suspects over time',
        description: 'Share of its calls that each suspect breaks; no line while nobody is under suspicion.',
        unit: 'percentunit',
        min: 0,
        noValue: 'Nobody was under suspicion',
        queries: [
          {
            expr: top(20, `max by (node, module, version) (${suspects})`),
            legend: '{{node}} {{module}} {{version}}',
          },
        ],
      }),
    ),
    line(
      8,
      stateTimeline({
        title: 'Verdicts on releases',
        description:
          'On the newest version of each service that has several. Inconclusive means that more calls are needed, and is no pass.',
        unit: 'short',
        meanings: verdictMeanings,
        noValue: 'No release is under way',
        queries: [
          {
            expr: top(20, `max by (service, version, release) (${verdicts})`),
            legend: '{{service}} {{version}} ({{release}})',
          },
        ],
      }),
    ),
    line(
      8,
      timeSeries({
        title: 'Failures between nodes',
        description:
          "Failures a second that the caller's node saw and the callee's did not: they arose between the two. A hint only: both are scraped at different moments.",
        unit: 'reqps',
        min: 0,
        queries: [
          {
            expr: top(10, recorded('src_dst:mesh_edge_excess_failures:rate1m')),
            legend: '{{src}} to {{dst}}',
          },
        ],
      }),
      timeSeries({
        title: 'Failures by edge',
        description: "Failures a second as the caller's node saw them, whoever caused them.",
        unit: 'reqps',
        min: 0,
        queries: [
          {
            expr: top(10, recorded('src_dst:mesh_edge_egress_failures:rate1m')),
            legend: '{{src}} to {{dst}}',
          },
        ],
      }),
    ),
  ],
};
