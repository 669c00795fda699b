/** One node, or a few: what it sees of its calls, how busy and how full it is, and what its parts say of themselves. */
import { starts, triggers } from '../kit/annotation.ts';
import { type ClassicDashboard, frame } from '../kit/frame.ts';
import { further } from '../kit/variable.ts';
import { parts } from './components.ts';
import { figures } from './figures.ts';
import { full } from './saturation.ts';
import { busy } from './utilisation.ts';
import { viewpointSection } from './viewpoints.ts';

export const node: ClassicDashboard = frame({
  name: 'node',
  title: 'Node',
  description:
    'One node, or the nodes of a service: its calls from six viewpoints, utilisation and saturation, and the status of its parts.',
  variables: [further.aggregator],
  annotations: [triggers, starts],
  sections: [figures, viewpointSection, busy, full, parts],
});
