/** What an endpoint answers with, and the choice between the forms it can take. */
import { formatProblem, type MeshlockError } from '../base/index.ts';

export type Format = 'text' | 'json' | 'html' | 'prometheus';

export interface AdminReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  /** Beyond those that every answer has; the same name replaces. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Runs once the answer has left or its connection has gone: for what ends the process. */
  readonly after?: () => void;
}

const mediaTypes: readonly { readonly format: Format; readonly type: string }[] = [
  { format: 'text', type: 'text/plain' },
  { format: 'json', type: 'application/json' },
  { format: 'html', type: 'text/html' },
];

export function text(status: number, body: string): AdminReply {
  return { status, contentType: 'text/plain; charset=utf-8', body: body.endsWith('\n') ? body : `${body}\n` };
}

export function json(status: number, value: unknown): AdminReply {
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: `${JSON.stringify(value, null, 1)}\n`,
  };
}

export function html(status: number, body: string): AdminReply {
  return { status, contentType: 'text/html; charset=utf-8', body };
}

/** Both forms of one answer; only the one that is wanted is made. */
export function answer(
  format: Format,
  status: number,
  forms: { readonly text: () => string; readonly json: () => unknown },
): AdminReply {
  return format === 'json' ? json(status, forms.json()) : text(status, forms.text());
}

/** A refusal in words, for people and for machines. */
export function refuse(
  format: Format,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): AdminReply {
  const reply = answer(format, status, { text: () => message, json: () => ({ error: message }) });
  return { ...reply, headers };
}

/** A `MeshlockError` with all its problems. Its text is safe to show: secrets never enter a message. */
export function refuseError(format: Format, status: number, error: MeshlockError): AdminReply {
  return answer(format, status, {
    text: () => [error.message, ...error.problems.map((problem) => `  ${formatProblem(problem)}`)].join('\n'),
    json: () => ({ error: error.message, code: error.code, problems: error.problems }),
  });
}

/**
 * The format for an `Accept` header (RFC 9110 12.5.1): the highest quality, then what the caller lists first, then
 * what is offered first. When nothing fits, the first offer, because an answer is more use than a 406.
 */
export function negotiate(accept: string, offered: readonly Format[]): Format {
  let chosen = offered[0]!;
  let best = 0;
  for (const range of parseAccept(accept)) {
    if (range.quality <= best) continue;
    const match = offered.find((format) => covers(range.type, format));
    if (match === undefined) continue;
    chosen = match;
    best = range.quality;
  }
  return chosen;
}

function covers(range: string, format: Format): boolean {
  const type = mediaTypes.find((entry) => entry.format === format)?.type;
  if (type === undefined) return false;
  return range === type || range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)));
}

/** Exact types before wildcards, each in the order given, so that a wildcard never outdoes a named type of its quality. */
function parseAccept(accept: string): { type: string; quality: number }[] {
  const ranges = accept.split(',').map((part) => {
    const [type = '', ...options] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const quality = options.find((option) => option.startsWith('q='));
    return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
  });
  return ranges.sort((a, b) => Number(a.type.endsWith('*')) - Number(b.type.endsWith('*')));
}
