/**
 * The parameters of one request, checked against what the route declares before its handler runs. All problems are
 * reported together, each with the parameter, what was expected and what came.
 */
import { type Clock, MeshlockError, type Problem, didYouMean } from '../base/index.ts';
import { Pattern } from './pattern.ts';
import type { AdminParameter } from './route.ts';

const maxText = 1_024;
const yes: readonly string[] = ['', '1', 'true', 'on', 'yes'];
const no: readonly string[] = ['0', 'false', 'off', 'no'];

/** Read with the names and kinds that the route declares. */
export class AdminQuery {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #patterns: ReadonlyMap<string, Pattern>;
  /** Parameters that came under the route's `<name>`: name and value. */
  readonly open: readonly (readonly [string, string])[];

  constructor(
    texts: ReadonlyMap<string, string>,
    patterns: ReadonlyMap<string, Pattern>,
    open: readonly (readonly [string, string])[],
  ) {
    this.#texts = texts;
    this.#patterns = patterns;
    this.open = open;
  }

  flag(name: string): boolean {
    const value = this.#texts.get(name);
    return value !== undefined && yes.includes(value.toLowerCase());
  }

  /** `null` when it was not given or is empty, as an untouched field of a form is. */
  text(name: string): string | null {
    return this.#texts.get(name) || null;
  }

  /** `null` when it was not given or is empty. */
  pattern(name: string): Pattern | null {
    return this.#patterns.get(name) ?? null;
  }
}

/** Throws a `MeshlockError` USAGE that names every parameter that is unknown, repeated or has a bad value. */
export function parseQuery(
  given: URLSearchParams,
  declared: readonly AdminParameter[],
  clock: Clock,
): AdminQuery {
  const texts = new Map<string, string>();
  const patterns = new Map<string, Pattern>();
  const open: [string, string][] = [];
  const problems: Problem[] = [];
  for (const [name, value] of given) {
    const parameter = parameterOf(name, declared);
    const problem =
      parameter === null ? unknownParameter(name, declared) : checkValue(name, value, parameter.value);
    if (problem !== null) problems.push(problem);
    else if (texts.has(name)) problems.push({ path: shown(name), expected: 'one value', got: 'several' });
    else texts.set(name, value);
    if (problem !== null || parameter === null) continue;
    if (isOpen(parameter)) open.push([name, value]);
    if (parameter.value !== 'pattern' || value === '') continue;
    const pattern = Pattern.parse(name, value, clock);
    if (pattern instanceof Pattern) patterns.set(name, pattern);
    else problems.push(pattern);
  }
  if (problems.length > 0) throw new MeshlockError('USAGE', 'a parameter is not valid', problems);
  return new AdminQuery(texts, patterns, open);
}

/** Whether `name` is one of the declared, or stands for an open one. */
export function accepts(name: string, declared: readonly AdminParameter[]): boolean {
  return parameterOf(name, declared) !== null;
}

function parameterOf(name: string, declared: readonly AdminParameter[]): AdminParameter | null {
  return declared.find((other) => other.name === name) ?? declared.find(isOpen) ?? null;
}

function isOpen(parameter: AdminParameter): boolean {
  return parameter.name.startsWith('<');
}

function unknownParameter(name: string, declared: readonly AdminParameter[]): Problem {
  const names = declared.map((parameter) => parameter.name);
  if (names.length === 0) return { path: shown(name), expected: 'no parameters', got: 'one' };
  const expected = `one of ${names.join(', ')}`;
  return { path: shown(name), expected, got: 'an unknown parameter', ...didYouMean(name, names) };
}

function checkValue(name: string, value: string, kind: AdminParameter['value']): Problem | null {
  const path = shown(name);
  if (kind === 'flag') {
    const known = yes.includes(value.toLowerCase()) || no.includes(value.toLowerCase());
    return known ? null : { path, expected: 'no value, true or false', got: quoted(value) };
  }
  if (kind === 'pattern' || value === '') return null;
  if (kind === 'text') {
    if (value.length <= maxText) return null;
    return { path, expected: `at most ${maxText} characters`, got: `${value.length}` };
  }
  if (kind.includes(value)) return null;
  return { path, expected: `one of ${kind.join(', ')}`, got: quoted(value), ...didYouMean(value, kind) };
}

/** A caller's own text in a message: short, on one line. */
function shown(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return JSON.stringify(short).slice(1, -1);
}

function quoted(text: string): string {
  return `'${shown(text)}'`;
}
