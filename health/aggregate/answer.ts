/** What goes back over HTTP: a status and a body that is finished. */

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** Maps, as in evidence, become lists of pairs. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = JSON.stringify(value, (_key, part: unknown) => (part instanceof Map ? [...part] : part));
  return { status, type: 'application/json', body: `${body}\n`, headers };
}

/** For pipelines that show the first line of a body to people. */
export function text(status: number, line: string, type: string = 'text/plain; charset=utf-8'): Answer {
  return { status, type, body: line.endsWith('\n') ? line : `${line}\n`, headers: {} };
}

export function problem(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return json(status, { error: reason }, headers);
}
