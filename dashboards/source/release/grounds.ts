/** What the verdicts rest on: the evidence against its limit, and the calls to both arms. */
import { line, type Section } from '../kit/layout.ts';
import { top } from '../kit/selector.ts';
import { timeSeries } from '../kit/time-series.ts';
import {
  callsByArm,
  evidence,
  evidenceLimit,
  failuresByArm,
  neededCalls,
  releaseLegend,
} from './under-way.ts';

export const grounds: Section = {
  title: 'What the verdicts rest on',
  lines: [
    line(
      8,
      timeSeries({
        title: 'Evidence against its limit',
        description:
          'Evidence to one that a release fails more often than its baseline. Once it has reached the dashed line the release has failed, however often one asks.',
        unit: 'short',
        logarithmic: true,
        noValue: 'No release was under way',
        queries: [
          { expr: top(20, evidence), legend: releaseLegend },
          { expr: evidenceLimit, legend: 'fails from here', line: 'limit' },
        ],
      }),
      timeSeries({
        title: 'Calls still needed',
        description:
          'Calls without a failure that are needed for a pass. A line that does not fall means that the new version gets no traffic, or fails.',
        unit: 'short',
        min: 0,
        noValue: 'No release was under way',
        queries: [{ expr: top(20, neededCalls), legend: releaseLegend }],
      }),
      timeSeries({
        title: 'Failures of both arms',
        description:
          'Share of failed calls to the new version and to its baseline, over all calls that the verdict rests on.',
        unit: 'percentunit',
        min: 0,
        noValue: 'No release was under way',
        queries: [
          {
            expr: top(20, `${failuresByArm} / (${callsByArm} > 0)`),
            legend: '{{service}} {{version}}: {{arm}}',
          },
        ],
      }),
      timeSeries({
        title: 'Calls of both arms',
        description: 'Calls to the new version and to its baseline that the verdict rests on.',
        unit: 'short',
        min: 0,
        noValue: 'No release was under way',
        queries: [{ expr: top(20, callsByArm), legend: '{{service}} {{version}}: {{arm}}' }],
      }),
    ),
  ],
};
