/** Everything of holmes under the admin port, for programs and the console: captures, and what is watched. */
import type { AdminRoute } from '../../admin/index.ts';
import type { Clock } from '../../base/index.ts';
import { captureRoutes } from './capture-routes.ts';
import { holmesRoutes } from './holmes-routes.ts';
import type { MonitorAccess } from './monitor-access.ts';

/** They are there also while nothing is watched, and then say why: a reload may switch it on. */
export function diagnosisRoutes(access: MonitorAccess, clock: Pick<Clock, 'wall'>): readonly AdminRoute[] {
  return [...captureRoutes(access, () => clock.wall()), ...holmesRoutes(access)];
}
