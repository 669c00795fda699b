/**
 * The control thread's log: pino without its worker threads. One line per event, JSON or for people, with the
 * component it is about; the level can change while the process runs, for all components or one. Secrets do not pass.
 */
import { type Logger, pino } from 'pino';
import type { LogConfig, LogLevel } from '../../config/index.ts';
import { type LogDestination, openDestination } from './destination.ts';
import { redactFields, redactText } from './redaction.ts';
import { formatForPeople } from './text-format.ts';

export type LogFields = Readonly<Record<string, unknown>>;

const weights: Readonly<Record<LogLevel, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Number.POSITIVE_INFINITY,
};

type WrittenLevel = Exclude<LogLevel, 'silent'>;

/** Shared by a log and all its children, so that a change reaches those that exist already. */
interface Levels {
  general: LogLevel;
  readonly byComponent: Map<string, LogLevel>;
  readonly components: Set<string>;
}

export class Log {
  readonly #pino: Logger;
  readonly #levels: Levels;
  readonly #component: string;

  /** @internal Use `createLog` and `child`. */
  constructor(logger: Logger, levels: Levels, component: string) {
    this.#pino = logger;
    this.#levels = levels;
    this.#component = component;
    levels.components.add(component);
  }

  trace(message: string, fields: LogFields = {}): void {
    this.write('trace', message, fields);
  }

  debug(message: string, fields: LogFields = {}): void {
    this.write('debug', message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.write('warn', message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.write('error', message, fields);
  }

  fatal(message: string, fields: LogFields = {}): void {
    this.write('fatal', message, fields);
  }

  /** For a level that is only known at run time, such as that of a data thread's message. */
  write(level: WrittenLevel, message: string, fields: LogFields = {}): void {
    if (!this.enabled(level)) return;
    this.#pino[level](redactFields(fields), redactText(message));
  }

  enabled(level: WrittenLevel): boolean {
    const least = this.#levels.byComponent.get(this.#component) ?? this.#levels.general;
    return weights[level] >= weights[least];
  }

  /** A log that names `component` in each line. */
  child(component: string): Log {
    return new Log(this.#pino.child({ component }), this.#levels, component);
  }

  /** For all components, forgetting their own levels, or for one. */
  setLevel(level: LogLevel, component: string | null = null): void {
    if (component !== null) {
      this.#levels.byComponent.set(component, level);
      return;
    }
    this.#levels.general = level;
    this.#levels.byComponent.clear();
  }

  /** Level by component, sorted; the root log is `main`. */
  levels(): Readonly<Record<string, LogLevel>> {
    const { components, byComponent, general } = this.#levels;
    return Object.fromEntries([...components].sort().map((name) => [name, byComponent.get(name) ?? general]));
  }
}

/** Writes to standard error, so that standard output stays free for access logs. */
export function createLog(
  level: LogLevel,
  format: LogConfig['format'],
  destination: LogDestination = openDestination('/dev/stderr'),
): Log {
  const stream = {
    write(line: string): void {
      destination.write(format === 'text' ? formatForPeople(line) : line);
    },
  };
  const logger = pino(
    {
      level: 'trace',
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  const log = new Log(logger, { general: level, byComponent: new Map(), components: new Set() }, 'main');
  destination.onRecovery((droppedLines) => log.warn('log lines were dropped', { droppedLines }));
  return log;
}
