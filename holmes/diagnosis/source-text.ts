/**
 * Reads in the source what a profile leaves out: where a function ends, which of its lines makes a call, what an
 * anonymous function stands in. By indentation: sources that people can open are laid out, and for others this finds
 * nothing, which is no error.
 */

/** Gives the text of a line, from 1; `null` beyond the end or without a source. */
export type LineReader = (line: number) => string | null;

export interface BodyLine {
  readonly line: number;
  readonly text: string;
}

const maxBodyLines = 300;
const maxSearchLines = 400;
/** Longer lines are not laid out by or for people. */
const maxLineLength = 400;

/** The lines of the function that begins at `start`, that one included; empty without a source. */
export function bodyOf(read: LineReader, start: number): readonly BodyLine[] {
  const body: BodyLine[] = [];
  const first = textAt(read, start);
  if (first === null) return body;
  const indentation = indentationOf(first);
  body.push({ line: start, text: first });
  for (let line = start + 1; line < start + maxBodyLines; line++) {
    const text = textAt(read, line);
    if (text === null) break;
    const ends = text.trim() !== '' && indentationOf(text) <= indentation;
    // `): void {` closes the head of a function, not its body.
    if (ends && !/^[)\]}].*[{(,[]$/.test(text.trim())) {
      if (indentationOf(text) === indentation && /^[)\]}]/.test(text.trim())) body.push({ line, text });
      break;
    }
    body.push({ line, text });
  }
  return body;
}

/** The line of the function at `start` that has a call of `callee` (`pbkdf2Sync`, `Socket.connect`); 0: none, or not to be read. */
export function lineOfCall(read: LineReader, start: number, callee: string): number {
  const name = callee.split(/[. ]/).at(-1)!;
  if (!/^[\w$]+$/.test(name)) return 0;
  const call = new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?:<[^>]*>)?\\(`);
  const [head, ...rest] = bodyOf(read, start);
  const found = rest.find(({ text }) => call.test(text));
  if (found !== undefined) return found.line;
  // A function of one line holds the call in its first; but the head of `connect()` is not a call of `connect`.
  return head !== undefined && rest.length === 0 && call.test(head.text) ? head.line : 0;
}

/** The line of the function at `start` on which `isMeant` is true first, 0: none. */
export function lineWhere(read: LineReader, start: number, isMeant: (text: string) => boolean): number {
  return bodyOf(read, start).find(({ text }) => isMeant(text))?.line ?? 0;
}

export interface Enclosing {
  readonly functionName: string;
  readonly line: number;
}

/** The named function around the anonymous one that begins at `line`; `null`: none, or not to be read. */
export function enclosingFunction(read: LineReader, line: number): Enclosing | null {
  const first = textAt(read, line);
  if (first === null) return null;
  let indentation = indentationOf(first);
  let inHead = false;
  for (let at = line - 1; at > Math.max(0, line - maxSearchLines) && (indentation > 0 || inHead); at--) {
    const text = textAt(read, at);
    if (text === null) return null;
    if (text.trim() === '') continue;
    const outer = indentationOf(text);
    if (outer > indentation || (outer === indentation && !inHead)) continue;
    const functionName = nameOfHead(text.trim());
    if (functionName !== null) return { functionName, line: at };
    indentation = outer;
    inHead = text.trim().startsWith(')');
  }
  return null;
}

const heads = [
  /^(?:export )?(?:default )?(?:async )?function ?\*? ?([\w$]+)/,
  /^(?:export )?(?:const|let|var) ([\w$]+)\b.*=>\s*[{(]?$/,
  /^(?:(?:public|private|protected|static|override|async|get|set) )*\*?(#?[\w$]+)(?:<.*>)?\(.*\).*\{$/,
  /^(?:(?:public|private|protected|static|override|async|get|set) )*\*?(#?[\w$]+)\($/,
];
const notNames = new Set([
  'if',
  'for',
  'while',
  'switch',
  'catch',
  'with',
  'return',
  'await',
  'function',
  'constructor',
]);

function nameOfHead(text: string): string | null {
  for (const head of heads) {
    const name = head.exec(text)?.[1];
    if (name !== undefined && !notNames.has(name)) return name;
  }
  return null;
}

function textAt(read: LineReader, line: number): string | null {
  const text = read(line);
  return text === null || text.length > maxLineLength ? null : text;
}

function indentationOf(text: string): number {
  return text.length - text.trimStart().length;
}
