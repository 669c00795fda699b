/** `/logging`: log levels, shown and changed while running. */
import { MeshlockError, type Problem, didYouMean } from '../../base/index.ts';
import type { LogLevel } from '../../config/index.ts';
import type { AdminQuery } from '../query.ts';
import { answer, type AdminReply } from '../reply.ts';
import type { AdminRequest, AdminRoute } from '../route.ts';
import type { AdminSource } from '../source.ts';

/** Every accepted word with the level it means: ours, and Envoy's three that differ. */
const levels: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
  silent: 'silent',
  warning: 'warn',
  critical: 'fatal',
  off: 'silent',
};
const words: readonly string[] = Object.keys(levels);

interface Change {
  /** `null`: all of them. */
  readonly logger: string | null;
  readonly level: LogLevel;
}

export function loggingRoutes(source: AdminSource): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/logging',
      summary: 'The level of every logger.',
      handle: (request) => show(source, request),
    },
    {
      method: 'POST',
      path: '/logging',
      summary: 'Changes log levels while running; without a parameter it only shows them.',
      parameters: [
        { name: 'level', summary: 'For all loggers.', value: words },
        { name: 'paths', summary: 'For several: admin:debug,xds:info.', value: 'text' },
        { name: '<logger>', summary: 'For the logger of this name.', value: words },
      ],
      handle: (request) => {
        const known = Object.keys(source.logLevels().loggers);
        for (const change of parseChanges(request.query, known))
          source.setLogLevel(change.level, change.logger);
        return show(source, request);
      },
    },
  ];
}

function show(source: AdminSource, request: AdminRequest): AdminReply {
  const { level, loggers } = source.logLevels();
  return answer(request.format, 200, {
    text: () =>
      ['active loggers:', ...Object.entries(loggers).map(([name, own]) => `  ${name}: ${own}`)].join('\n'),
    json: () => ({ level, loggers }),
  });
}

/** All of them or, with any problem, none. The general level comes first, so that a logger's own survives it. */
function parseChanges(query: AdminQuery, known: readonly string[]): readonly Change[] {
  const changes: Change[] = [];
  const problems: Problem[] = [];
  const general = levels[query.text('level') ?? ''];
  if (general !== undefined) changes.push({ logger: null, level: general });
  const wanted = [...parsePaths(query.text('paths') ?? ''), ...query.open];
  for (const [logger, word] of wanted) {
    const level = Object.hasOwn(levels, word) ? levels[word] : undefined;
    if (!known.includes(logger)) problems.push(unknownLogger(logger, known));
    else if (level === undefined) {
      problems.push({ path: logger, expected: `one of ${words.join(', ')}`, got: `'${word.slice(0, 60)}'` });
    } else changes.push({ logger, level });
  }
  if (problems.length > 0) throw new MeshlockError('USAGE', 'no log level was changed', problems);
  return changes;
}

function parsePaths(paths: string): [string, string][] {
  if (paths === '') return [];
  return paths.split(',').map((entry) => {
    const [logger = '', word = ''] = entry.split(':', 2);
    return [logger.trim(), word.trim()];
  });
}

function unknownLogger(logger: string, known: readonly string[]): Problem {
  return {
    path: logger.slice(0, 60),
    expected: `a logger, one of ${known.join(', ')}, or the parameter level or paths`,
    got: 'an unknown name',
    ...didYouMean(logger, [...known, 'level', 'paths']),
  };
}
