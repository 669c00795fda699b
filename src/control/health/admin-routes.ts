/** Everything of static health under the admin port. */
import type { ServiceInfo } from '../../../health/static.ts';
import type { AdminRoute } from '../../admin/index.ts';
import type { Clock } from '../../base/index.ts';
import { gateRoutes } from './gate-routes.ts';
import { probeRoutes } from './probe-routes.ts';
import type { HealthAccess } from './proxy-health.ts';

/** `info`: which program this is, for `/v1/health`. */
export function healthRoutes(
  access: HealthAccess,
  info: () => ServiceInfo,
  clock: Pick<Clock, 'wall'>,
): readonly AdminRoute[] {
  return [...probeRoutes(access, info), ...gateRoutes(access, clock)];
}
