/** Static health: what the parts of the process say of themselves, and the gate that goes by it. */
import { line, type Section } from '../kit/layout.ts';
import { appliedMeanings, gateMeanings, statusMeanings } from '../kit/meaning.ts';
import { ofNodes, perSecond, sumBy, top, withNode } from '../kit/selector.ts';
import { stateTimeline } from '../kit/state-timeline.ts';
import { timeSeries } from '../kit/time-series.ts';

/** 0 to 4, worse and worse: `statusMeanings`. The status is a label, and one series of each component is 1. */
const statusNumber = withNode(
  `(${['degraded', 'starting', 'stopped', 'unhealthy']
    .map((status, index) => {
      const one = ofNodes('meshlock_health_component_status', `status="${status}"`);
      return `${index + 1} * ${sumBy(['job', 'instance', 'component'], one)}`;
    })
    .join(' + ')})`,
);

export const parts: Section = {
  title: 'Static health',
  lines: [
    line(
      9,
      stateTimeline({
        title: 'Components',
        description: 'Status of each part of the process. What is wrong in detail: /v1/health of the node.',
        unit: 'short',
        meanings: statusMeanings,
        queries: [{ expr: top(45, statusNumber), legend: '{{node_id}} {{component}}' }],
      }),
      stateTimeline({
        title: 'Gate',
        description: 'Whether the node takes traffic.',
        unit: 'short',
        meanings: gateMeanings,
        queries: [{ expr: top(20, withNode(ofNodes('meshlock_gate_open'))), legend: '{{node_id}}' }],
      }),
    ),
    line(
      7,
      stateTimeline({
        title: 'Configuration',
        description:
          'Whether the last configuration was applied. A refused one leaves the one before in force.',
        unit: 'short',
        meanings: appliedMeanings,
        queries: [
          {
            expr: top(20, withNode(ofNodes('meshlock_config_last_reload_successful'))),
            legend: '{{node_id}}',
          },
        ],
      }),
      timeSeries({
        title: 'Threads replaced',
        description: 'Data threads that were replaced, a second, by why: each has ended or was stuck.',
        unit: 'ops',
        min: 0,
        noValue: 'No thread has ever been replaced',
        queries: [
          {
            expr: top(
              20,
              sumBy(
                ['node_id', 'reason'],
                withNode(
                  sumBy(
                    ['job', 'instance', 'reason'],
                    perSecond(ofNodes('meshlock_thread_replacements_total')),
                  ),
                ),
              ),
            ),
            legend: '{{node_id}} {{reason}}',
          },
        ],
      }),
      timeSeries({
        title: 'Changes of status',
        description:
          'Changes of the status of components a second. A part that flaps is neither well nor ill.',
        unit: 'ops',
        min: 0,
        queries: [
          {
            expr: top(
              10,
              withNode(
                sumBy(
                  ['job', 'instance', 'component', 'status'],
                  perSecond(ofNodes('meshlock_health_transitions_total')),
                ),
              ),
            ),
            legend: '{{node_id}} {{component}} to {{status}}',
          },
        ],
      }),
    ),
  ],
};
