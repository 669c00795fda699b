/** The captures with links to what they say and to their flame graphs, and what the rules decided. */
import { line, type Section } from '../kit/layout.ts';
import { nodeLink } from '../kit/meaning.ts';
import { top } from '../kit/selector.ts';
import { table } from '../kit/table.ts';
import { timeSeries } from '../kit/time-series.ts';
import { newest, summed, theSubject } from './captured.ts';

/** The address of a capture on the admin API of its node. A browser must reach what Prometheus scrapes. */
const capture = '/captures/${__data.fields.capture}';

const admin = 'http://${__data.fields.instance}';

export const captures: Section = {
  title: 'Captures',
  lines: [
    line(
      9,
      table({
        title: 'Newest captures',
        description:
          'The newest capture of each subject, rule and kind. The id opens the capture with the sentence that names the culprit, or its flame graph, on the admin API of its node; a stack has no flame graph.',
        unit: 'short',
        noValue: 'Nothing was captured yet',
        queries: [{ expr: top(100, `(${newest} * 1000)`) }],
        columns: [
          { field: 'Value', title: 'when', unit: 'dateTimeAsIso' },
          { field: 'node_id', title: 'node' },
          { field: 'subject', title: 'subject' },
          { field: 'rule', title: 'rule' },
          { field: 'kind', title: 'kind' },
          {
            field: 'capture',
            title: 'capture',
            links: [
              { title: 'What it says', url: `${admin}${capture}` },
              { title: 'Flame graph', url: `${admin}/speedscope/#profileURL=${capture}.pb.gz` },
            ],
          },
          { field: 'instance', title: 'instance', links: [nodeLink] },
        ],
        sortBy: { title: 'when', descending: true },
      }),
    ),
    line(
      7,
      timeSeries({
        title: 'Captured in the last minute',
        description:
          'Subjects and kinds that were captured in the last minute, by the rule that has triggered it.',
        unit: 'short',
        min: 0,
        noValue: 'Nothing was captured',
        queries: [
          {
            expr: top(20, `count by (node_id, subject, rule) (${newest} > time() - 60)`),
            legend: '{{node_id}} {{subject}} {{rule}}',
          },
        ],
      }),
      timeSeries({
        title: 'Decisions',
        description:
          'Decisions of the rules a second, without those that found everything in order: to capture, or why not.',
        unit: 'ops',
        min: 0,
        noValue: 'Everything was in order',
        queries: [
          {
            expr: top(
              20,
              summed('meshlock_holmes_decisions_total', ['rule', 'verdict'], theSubject, 'verdict!="quiet"'),
            ),
            legend: '{{rule}}: {{verdict}}',
          },
        ],
      }),
      timeSeries({
        title: 'Looks',
        description: 'Decisions of the rules a second, in order or not. None means that nobody watches.',
        unit: 'ops',
        min: 0,
        queries: [
          { expr: summed('meshlock_holmes_decisions_total', ['subject'], theSubject), legend: '{{subject}}' },
        ],
      }),
      timeSeries({
        title: 'Captures that failed',
        description: 'Captures a second by what became of them: failed, or in memory only.',
        unit: 'ops',
        min: 0,
        noValue: 'None has failed',
        queries: [
          {
            expr: summed(
              'meshlock_holmes_captures_total',
              ['result', 'kind'],
              theSubject,
              'result!="stored"',
            ),
            legend: '{{kind}} {{result}}',
          },
        ],
      }),
    ),
  ],
};
