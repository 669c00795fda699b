/** `/ready`, `/server_info` and `/hot_restart_version`: which process this is and whether it should get traffic. */
import { answer, json, text } from '../reply.ts';
import type { AdminRoute } from '../route.ts';
import type { AdminSource } from '../source.ts';

export function readinessRoutes(source: AdminSource): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/ready',
      summary: '200 when traffic may come, 503 with the state and what is missing otherwise.',
      handle: (request) => {
        const { ready, reasons, components } = source.readiness();
        const { state } = source.serverInfo();
        return answer(request.format, ready ? 200 : 503, {
          text: () => [state, ...reasons].join('\n'),
          json: () => ({ ready, state, reasons, components }),
        });
      },
    },
    {
      method: 'GET',
      path: '/server_info',
      summary: 'Version, state, uptime, node and command line of this process.',
      formats: ['json'],
      handle: () => json(200, serverInfo(source)),
    },
    {
      method: 'GET',
      path: '/hot_restart_version',
      summary: "Envoy's hot restart is not spoken here: always disabled.",
      handle: (request) =>
        request.format === 'json' ? json(200, { hot_restart_version: 'disabled' }) : text(200, 'disabled'),
    },
  ];
}

/** In the shape of Envoy's `ServerInfo`. */
function serverInfo(source: AdminSource): object {
  const info = source.serverInfo();
  const uptime = `${Math.floor(info.uptimeMs / 1000)}s`;
  return {
    version: info.version,
    state: info.state,
    hot_restart_version: 'disabled',
    command_line_options: info.commandLineOptions,
    node: {
      id: info.node.id,
      cluster: info.node.service,
      metadata: { version: info.node.version, release: info.node.release },
    },
    uptime_current_epoch: uptime,
    uptime_all_epochs: uptime,
    pid: info.pid,
    machine: source.machine(),
  };
}
