/** The releases under way with their verdicts, now and over time. */
import { line, type Section } from '../kit/layout.ts';
import { verdictMeanings } from '../kit/meaning.ts';
import { top } from '../kit/selector.ts';
import { stateTimeline } from '../kit/state-timeline.ts';
import { table } from '../kit/table.ts';
import {
  actionMeanings,
  actionNumber,
  evidence,
  neededCalls,
  ofReleases,
  releaseLegend,
  verdict,
} from './under-way.ts';

export const underWay: Section = {
  title: 'Releases under way',
  lines: [
    line(
      7,
      table({
        title: 'Releases now',
        description:
          'The verdict on each release with what it rests on. The evidence is "so much to one" against the release being as good as its baseline.',
        unit: 'short',
        noValue: 'No release is under way: no service has several versions',
        queries: [
          { expr: verdict },
          { expr: actionNumber },
          { expr: evidence },
          { expr: neededCalls },
          { expr: ofReleases('meshlock_release_calls', 'arm="canary"') },
          { expr: ofReleases('meshlock_release_failures', 'arm="canary"') },
          { expr: ofReleases('meshlock_release_calls', 'arm="baseline"') },
          { expr: ofReleases('meshlock_release_failures', 'arm="baseline"') },
        ],
        columns: [
          { field: 'service', title: 'service' },
          { field: 'version', title: 'version' },
          { field: 'release', title: 'release' },
          { field: 'Value #A', title: 'verdict', meanings: verdictMeanings },
          { field: 'Value #B', title: 'action', meanings: actionMeanings },
          { field: 'Value #C', title: 'evidence to one', unit: 'short' },
          { field: 'Value #D', title: 'calls needed', unit: 'short' },
          { field: 'Value #E', title: 'calls', unit: 'short' },
          { field: 'Value #F', title: 'failures', unit: 'short' },
          { field: 'Value #G', title: 'baseline calls', unit: 'short' },
          { field: 'Value #H', title: 'baseline failures', unit: 'short' },
        ],
        sortBy: { title: 'evidence to one', descending: true },
      }),
    ),
    line(
      7,
      stateTimeline({
        title: 'Verdicts',
        description: 'What was known of each release, over time.',
        unit: 'short',
        meanings: verdictMeanings,
        noValue: 'No release was under way',
        queries: [{ expr: top(20, verdict), legend: releaseLegend }],
      }),
      stateTimeline({
        title: 'Actions',
        description: 'What a pipeline is told to do, or would be told were it no dry run.',
        unit: 'short',
        meanings: actionMeanings,
        noValue: 'No release was under way',
        queries: [{ expr: top(20, actionNumber), legend: releaseLegend }],
      }),
    ),
  ],
};
