/** The whole mesh on one page: is it well, who is not, and where to go on. */
import { firing } from '../kit/annotation.ts';
import { type ClassicDashboard, frame } from '../kit/frame.ts';
import { further } from '../kit/variable.ts';
import { blame } from './blame.ts';
import { figures } from './figures.ts';
import { fleet } from './fleet.ts';
import { services } from './services.ts';

export const mesh: ClassicDashboard = frame({
  name: 'mesh',
  title: 'Mesh',
  description:
    'Requests, errors and duration by service; who is suspected to break calls; verdicts on releases; the nodes.',
  variables: [further.aggregator],
  annotations: [firing],
  sections: [figures, services, blame, fleet],
});
