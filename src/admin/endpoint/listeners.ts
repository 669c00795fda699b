/** `/listeners`: where traffic is accepted, in Envoy's two forms with our states added. */
import { formatAddress } from '../../base/index.ts';
import { answer } from '../reply.ts';
import type { AdminRoute } from '../route.ts';
import type { AdminSource, ListenerStatus } from '../source.ts';
import { socketAddress } from '../socket-text.ts';

export function listenerRoutes(source: AdminSource): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/listeners',
      summary: 'Every listener with its address, as name::address; one that does not accept says why.',
      handle: (request) => {
        const listeners = source.listeners();
        return answer(request.format, 200, {
          text: () => listeners.map(line).join('\n'),
          json: () => ({ listener_statuses: listeners.map(status) }),
        });
      },
    },
  ];
}

function line(listener: ListenerStatus): string {
  const where = `${listener.name}::${formatAddress(listener.address)}`;
  if (listener.state === 'active') return where;
  const reason = listener.failure === '' ? '' : `::${listener.failure}`;
  return `${where}::${listener.state}${reason}`;
}

function status(listener: ListenerStatus): object {
  return {
    name: listener.name,
    local_address: socketAddress(listener.address),
    role: listener.role,
    state: listener.state,
    failure: listener.failure,
    connections_active: listener.connectionsActive,
  };
}
