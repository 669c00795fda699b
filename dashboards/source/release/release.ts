/** Releases under way: how the new version does beside the old one, what the verdict rests on, and what is still missing. */
import { firing } from '../kit/annotation.ts';
import { type ClassicDashboard, frame } from '../kit/frame.ts';
import { further } from '../kit/variable.ts';
import { figures } from './figures.ts';
import { grounds } from './grounds.ts';
import { underWay } from './verdicts.ts';
import { versions } from './versions.ts';

export const release: ClassicDashboard = frame({
  name: 'release',
  title: 'Release',
  description:
    'The versions of a service side by side, the evidence against its limit, the calls that are still needed, and what a pipeline is told.',
  variables: [further.aggregator],
  annotations: [firing],
  sections: [figures, underWay, grounds, versions],
});
