/** The row at the top: is a release bad, and what does the verdict wait for. */
import { line, type Section } from '../kit/layout.ts';
import { orNought } from '../kit/selector.ts';
import { stat } from '../kit/stat.ts';
import { actionNumber, evidence, evidenceLimit, neededCalls, verdict } from './under-way.ts';

export const figures: Section = {
  title: null,
  lines: [
    line(
      4,
      stat({
        title: 'Releases under way',
        description: 'Services of which several versions are heard of, each with its newest one.',
        unit: 'short',
        queries: [{ expr: orNought(`count(${verdict})`), legend: 'releases' }],
      }),
      stat({
        title: 'Failed',
        description: 'Releases that fail more often than their baseline, beyond doubt.',
        unit: 'short',
        queries: [{ expr: orNought(`count(${verdict} == -1)`), legend: 'failed' }],
        steps: [
          [null, 'green'],
          [1, 'red'],
        ],
      }),
      stat({
        title: 'Undecided',
        description: 'Releases for which the evidence decides neither way yet.',
        unit: 'short',
        queries: [{ expr: orNought(`count(${verdict} == 0)`), legend: 'undecided' }],
        steps: [
          [null, 'green'],
          [1, 'yellow'],
        ],
      }),
      stat({
        title: 'Evidence of failure',
        description:
          'The strongest evidence that a release fails more often than its baseline, as a share of the limit: at 100 % it has failed. How far it is beyond is drawn below.',
        unit: 'percentunit',
        noValue: 'No release is under way',
        queries: [{ expr: `clamp_max(max(${evidence}) / ${evidenceLimit}, 1)`, legend: 'evidence' }],
        steps: [
          [null, 'green'],
          [0.1, 'yellow'],
          [1, 'red'],
        ],
      }),
      stat({
        title: 'Calls still needed',
        description:
          'Calls without a failure until every release has passed: of the release that needs most. Too few come? Give the new version more traffic.',
        unit: 'short',
        noValue: 'No release is under way',
        queries: [{ expr: `max(${neededCalls})`, legend: 'calls' }],
      }),
      stat({
        title: 'To be rolled back',
        description: 'Releases of which a pipeline is told, or in a dry run would be told, to roll back.',
        unit: 'short',
        queries: [{ expr: orNought(`count(${actionNumber} == 2)`), legend: 'rollbacks' }],
        steps: [
          [null, 'green'],
          [1, 'red'],
        ],
      }),
    ),
  ],
};
