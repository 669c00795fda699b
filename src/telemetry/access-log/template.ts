/**
 * The syntax of an access-log format: text with `%COMMAND%`, `%COMMAND(argument)%`, `%COMMAND(argument):length%`, and
 * `%%` for a percent sign, as Envoy has it. Says all that is wrong with a format and depends on nothing but the table
 * of operators, so configuration can be checked without a formatter.
 */
import { operators } from './operator.ts';
import { parseTimeFormat } from './start-time.ts';

export interface Command {
  readonly name: string;
  /** Between the parentheses; `null` without them. */
  readonly argument: string | null;
  /** At most so many characters of the value; `null` means all. */
  readonly length: number | null;
}

export interface Template {
  /** Literal text and commands in their order. */
  readonly parts: readonly (string | Command)[];
  readonly problems: readonly string[];
}

/** What is wrong with the format, each with the place and what to write instead; empty means nothing is. */
export function accessLogProblems(template: string): string[] {
  return [...parseTemplate(template).problems];
}

// The argument may hold percent signs (a time format), so it ends at the first `)` that is followed by `%` or `:n%`.
const commandPattern = /%(?:%|([A-Z0-9_]+)(?:\((.*?)\))?(?::(\d+))?%)/sy;

export function parseTemplate(template: string): Template {
  const parts: (string | Command)[] = [];
  const problems: string[] = [];
  let literal = '';
  let at = 0;
  while (at < template.length) {
    const percent = template.indexOf('%', at);
    literal += template.slice(at, percent === -1 ? undefined : percent);
    if (percent === -1) break;
    commandPattern.lastIndex = percent;
    const match = commandPattern.exec(template);
    if (match === null) {
      const seen = JSON.stringify(template.slice(percent, percent + 20));
      problems.push(
        `character ${percent}: expected %COMMAND%, %COMMAND(argument)%, %COMMAND(argument):length% or %%, got ${seen}`,
      );
      at = percent + 1;
      continue;
    }
    at = commandPattern.lastIndex;
    const [, name, argument, length] = match;
    if (name === undefined) {
      literal += '%';
      continue;
    }
    const command = {
      name,
      argument: argument ?? null,
      length: length === undefined ? null : Number(length),
    };
    for (const problem of commandProblems(command)) problems.push(`character ${percent}: ${problem}`);
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(command);
  }
  if (literal !== '') parts.push(literal);
  return { parts, problems };
}

function commandProblems({ name, argument, length }: Command): string[] {
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (operator === undefined) {
    const near = nearest(name, Object.keys(operators));
    return [`unknown operator %${name}%${near === null ? '' : `, did you mean %${near}%?`}`];
  }
  const problems: string[] = [];
  if (operator.argument === 'none' && argument !== null) problems.push(`%${name}% takes no argument`);
  if (operator.argument === 'header') problems.push(...headerProblems(name, argument));
  if (operator.argument === 'time' && argument !== null) problems.push(...parseTimeFormat(argument).problems);
  if (length !== null && !operator.truncates) problems.push(`%${name}% takes no length`);
  if (length === 0) problems.push(`%${name}%: the length must be at least 1`);
  return problems;
}

const headerName = /^(?::[a-z]+|[!#$%&'*+\-.^_`|~0-9a-z]+)$/;

function headerProblems(name: string, argument: string | null): string[] {
  if (argument === null || argument === '') {
    return [`%${name}% needs a header, such as %${name}(X-REQUEST-ID)% or %${name}(FIRST?OTHERWISE)%`];
  }
  const { first, otherwise } = headerArgument(argument);
  return [first, ...(otherwise === null ? [] : [otherwise])]
    .filter((header) => !headerName.test(header) || !isKnownPseudoHeader(name, header))
    .map((header) => `%${name}(${argument})%: ${JSON.stringify(header)} is not a header name`);
}

function isKnownPseudoHeader(operator: string, header: string): boolean {
  if (!header.startsWith(':')) return true;
  return operator === 'REQ' ? /^:(method|path|authority|scheme)$/.test(header) : header === ':status';
}

/** `X?Y` in lower case. */
export function headerArgument(argument: string): { first: string; otherwise: string | null } {
  const [first = '', ...rest] = argument.toLowerCase().split('?');
  return { first, otherwise: rest.length === 0 ? null : rest.join('?') };
}

/** The candidate with the fewest edits, if it is near enough to be what was meant. */
function nearest(name: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.ceil(name.length / 3) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
