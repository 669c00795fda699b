/** How the admin routes reach the monitor, which is not there before the proxy serves, nor when it is switched off. */
import type { MonitorView } from '../../../holmes/index.ts';
import { type AdminReply, type AdminRequest, type AdminRoute, refuse } from '../../admin/index.ts';

export interface MonitorAccess {
  /** `null`: see `obstacle`. */
  readonly monitor: MonitorView | null;
  /** Why there is no monitor, for people. */
  readonly obstacle: string;
}

/** A route whose handler is only asked while there is a monitor; otherwise 503 with the reason. */
export function monitorRoute(
  access: MonitorAccess,
  route: Omit<AdminRoute, 'handle'> & {
    answer(monitor: MonitorView, request: AdminRequest): AdminReply | Promise<AdminReply>;
  },
): AdminRoute {
  const { answer, ...rest } = route;
  return {
    ...rest,
    handle: (request) =>
      access.monitor === null
        ? refuse(request.format, 503, access.obstacle)
        : answer(access.monitor, request),
  };
}
