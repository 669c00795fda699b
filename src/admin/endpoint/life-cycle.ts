/** What changes the process: drain, health check, exit, reload, log rotation. All of it needs POST. */
import { formatProblem, MeshlockError } from '../../base/index.ts';
import { type AdminReply, answer, type Format } from '../reply.ts';
import type { AdminRoute } from '../route.ts';
import type { AdminSource, ReloadResult } from '../source.ts';

export function lifeCycleRoutes(source: AdminSource): readonly AdminRoute[] {
  return [
    drainRoute(source),
    {
      method: 'POST',
      path: '/healthcheck/fail',
      summary: 'Makes /ready answer 503, so that callers go elsewhere; traffic is still carried.',
      handle: (request) => {
        source.healthcheckFail();
        return done(request.format);
      },
    },
    {
      method: 'POST',
      path: '/healthcheck/ok',
      summary: 'Takes /healthcheck/fail back.',
      handle: (request) => {
        source.healthcheckOk();
        return done(request.format);
      },
    },
    {
      method: 'POST',
      path: '/quitquitquit',
      summary: 'Ends the process in order, as SIGTERM does.',
      handle: (request) => ({ ...done(request.format), after: () => source.quit() }),
    },
    {
      method: 'POST',
      path: '/reload',
      summary: 'Reads the configuration again and applies it; a bad one is refused with its problems.',
      handle: async (request) => reloaded(request.format, await source.reload()),
    },
    {
      method: 'POST',
      path: '/reopen_logs',
      summary: 'Closes and opens every log file, after they were rotated.',
      handle: async (request) => {
        await source.reopenLogs();
        return done(request.format);
      },
    },
  ];
}

function drainRoute(source: AdminSource): AdminRoute {
  return {
    method: 'POST',
    path: '/drain_listeners',
    summary: 'Stops accepting connections; what runs may finish.',
    parameters: [
      {
        name: 'graceful',
        summary: 'First ask keep-alive connections to go elsewhere, for the drain time.',
        value: 'flag',
      },
      { name: 'inboundonly', summary: 'Only inbound listeners.', value: 'flag' },
      { name: 'skip_exit', summary: 'With graceful: ask, but never stop accepting.', value: 'flag' },
    ],
    handle: ({ query, format }) => {
      const graceful = query.flag('graceful');
      const keepAccepting = query.flag('skip_exit');
      if (keepAccepting && !graceful) {
        throw new MeshlockError('USAGE', 'nothing was drained', [
          { path: 'skip_exit', expected: 'graceful beside it', got: 'skip_exit alone' },
        ]);
      }
      source.drainListeners({ graceful, inboundOnly: query.flag('inboundonly'), keepAccepting });
      return done(format);
    },
  };
}

function done(format: Format): AdminReply {
  return answer(format, 200, { text: () => 'OK', json: () => ({ ok: true }) });
}

/** 422 when refused: the request was understood, the file it points to is what is wrong. */
function reloaded(format: Format, result: ReloadResult): AdminReply {
  const { applied, version, problems } = result;
  return answer(format, applied ? 200 : 422, {
    text: () =>
      applied
        ? `OK: version ${version} is applied`
        : [
            `refused: version ${version} stays in force`,
            ...problems.map((problem) => `  ${formatProblem(problem)}`),
          ].join('\n'),
    json: () => ({ applied, version, problems }),
  });
}
