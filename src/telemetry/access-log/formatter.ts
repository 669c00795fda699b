/**
 * Turns an access-log format into something that writes lines: the format is taken apart once, a line then costs one
 * read per operator and the concatenation. Lives on data threads.
 */
import { hostname } from 'node:os';
import type { AccessLogFormat } from '../../config/index.ts';
import type { AccessEntry } from './access-entry.ts';
import { escapeText, jsonString } from './escape.ts';
import { operators, type Reader } from './operator.ts';
import { compileTimeFormat, defaultTimeFormat } from './start-time.ts';
import { type Command, headerArgument, parseTemplate } from './template.ts';

/** Envoy's default format. */
export const defaultAccessLogFormat: string =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% ' +
  '%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% ' +
  '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"';

export interface AccessLogFormatter {
  /** Lower-case names of the request headers to capture into `AccessEntry.requestHeaders`, in this order. */
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  /** One line with its line feed. */
  write(entry: AccessEntry): string;
}

/** The headers that a group of formatters wants captured, each once. */
export class HeaderCapture {
  readonly request: string[] = [];
  readonly response: string[] = [];
}

interface CompileOptions {
  /** Give the same one to all formatters of a listener: then one capture of its headers serves them all. */
  readonly capture?: HeaderCapture;
  /** The machine's name by default. */
  readonly hostname?: string;
}

interface CompileContext {
  readonly capture: HeaderCapture;
  readonly hostname: string;
}

/** The format must be one that `accessLogProblems` finds nothing wrong with; an unknown operator is absent. */
export function compileAccessLog(format: AccessLogFormat, options: CompileOptions = {}): AccessLogFormatter {
  const context = {
    capture: options.capture ?? new HeaderCapture(),
    hostname: options.hostname ?? hostname(),
  };
  const write =
    format.kind === 'text' ? textWriter(format.template, context) : jsonWriter(format.fields, context);
  return { requestHeaders: context.capture.request, responseHeaders: context.capture.response, write };
}

/** Literal text around readers: `literals[0] readers[0] literals[1] ...`. */
interface Line {
  readonly literals: readonly string[];
  readonly readers: readonly Reader[];
}

function textWriter(template: string, context: CompileContext): (entry: AccessEntry) => string {
  const { literals, readers } = compileLine(template.endsWith('\n') ? template : `${template}\n`, context);
  return (entry) => {
    let line = literals[0]!;
    for (let i = 0; i < readers.length; i++) {
      line += textOf(readers[i]!(entry));
      line += literals[i + 1]!;
    }
    return line;
  };
}

function textOf(value: string | number | undefined): string {
  if (typeof value === 'number') return `${value}`;
  return value === undefined || value === '' ? '-' : escapeText(value);
}

/** Each value as JSON text. */
type JsonReader = (entry: AccessEntry) => string;

function jsonWriter(
  fields: Readonly<Record<string, string>>,
  context: CompileContext,
): (entry: AccessEntry) => string {
  const keys: string[] = [];
  const values: JsonReader[] = [];
  for (const [key, template] of Object.entries(fields)) {
    keys.push(`${keys.length === 0 ? '{' : ','}${jsonString(key)}:`);
    values.push(jsonReader(compileLine(template, context)));
  }
  const end = keys.length === 0 ? '{}\n' : '}\n';
  return (entry) => {
    let line = '';
    for (let i = 0; i < keys.length; i++) {
      line += keys[i]!;
      line += values[i]!(entry);
    }
    return line + end;
  };
}

/** A single operator keeps its type: a number stays one, absent is null. Anything else is a string. */
function jsonReader({ literals, readers }: Line): JsonReader {
  if (readers.length === 1 && literals.every((literal) => literal === '')) {
    const read = readers[0]!;
    return (entry) => {
      const value = read(entry);
      if (typeof value === 'number') return `${value}`;
      return value === undefined || value === '' ? 'null' : jsonString(value);
    };
  }
  return (entry) => {
    let text = literals[0]!;
    for (let i = 0; i < readers.length; i++) {
      const value = readers[i]!(entry);
      text += value === undefined || value === '' ? '-' : value;
      text += literals[i + 1]!;
    }
    return jsonString(text);
  };
}

function compileLine(template: string, context: CompileContext): Line {
  const literals = [''];
  const readers: Reader[] = [];
  for (const part of parseTemplate(template).parts) {
    if (typeof part === 'string') literals[literals.length - 1] += part;
    else {
      readers.push(truncated(compileCommand(part, context), part.length));
      literals.push('');
    }
  }
  return { literals, readers };
}

function truncated(read: Reader, length: number | null): Reader {
  if (length === null) return read;
  return (entry) => {
    const value = read(entry);
    return typeof value === 'string' && value.length > length ? value.slice(0, length) : value;
  };
}

function compileCommand({ name, argument }: Command, context: CompileContext): Reader {
  switch (name) {
    case 'START_TIME': {
      const time = compileTimeFormat(argument ?? defaultTimeFormat);
      return (entry) => time.format(entry.startMs);
    }
    case 'HOSTNAME':
      return () => context.hostname;
    case 'REQ':
      return eitherHeader(argument ?? '', (header) => requestHeader(header, context.capture.request));
    case 'RESP':
      return eitherHeader(argument ?? '', (header) => responseHeader(header, context.capture.response));
    default:
      return operators[name]?.read ?? (() => undefined);
  }
}

function eitherHeader(argument: string, readerOf: (header: string) => Reader): Reader {
  const { first, otherwise } = headerArgument(argument);
  const read = readerOf(first);
  if (otherwise === null) return read;
  const readOtherwise = readerOf(otherwise);
  return (entry) => {
    const value = read(entry);
    return value === undefined || value === '' ? readOtherwise(entry) : value;
  };
}

function requestHeader(header: string, captured: string[]): Reader {
  switch (header) {
    case ':method':
      return (entry) => entry.method;
    case ':path':
      return (entry) => entry.path;
    case ':authority':
    case 'host':
      return (entry) => entry.authority;
    case ':scheme':
      return (entry) => entry.scheme;
    default: {
      const index = indexIn(captured, header);
      return (entry) => entry.requestHeaders[index];
    }
  }
}

function responseHeader(header: string, captured: string[]): Reader {
  if (header === ':status') return (entry) => (entry.status === 0 ? undefined : entry.status);
  const index = indexIn(captured, header);
  return (entry) => entry.responseHeaders[index];
}

function indexIn(names: string[], name: string): number {
  const known = names.indexOf(name);
  return known === -1 ? names.push(name) - 1 : known;
}
