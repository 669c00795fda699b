/** What goes back to a controller: a status, which some act on, and a body, which others read. */

export interface HookAnswer {
  readonly status: number;
  readonly contentType: 'application/json' | 'text/plain; charset=utf-8';
  readonly body: string;
}

export function jsonAnswer(status: number, value: unknown): HookAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(value) };
}

/** Longer ones are cut: controllers copy them into events. */
const maxLineLength = 400;

/** One line of text. */
export function lineAnswer(status: number, line: string): HookAnswer {
  const flat = line.replaceAll(/\s+/g, ' ').trim();
  const body = flat.length > maxLineLength ? `${flat.slice(0, maxLineLength - 3)}...` : flat;
  return { status, contentType: 'text/plain; charset=utf-8', body };
}
