/**
 * Changes settings while running: all of a change holds or none of it, and one error names everything that is wrong with
 * it. What comes from JSON and what comes from code goes through the same checks.
 */
import { SettingsError } from './monitor/view.ts';
import { nearestName } from './nearest-name.ts';
import { RuleName, type Rule } from './rule/rule.ts';
import type { PyroscopeSettings, Settings, SettingsChange } from './settings.ts';
import { hiddenToken, settingsShape, type Field, type Section } from './settings-shape.ts';

type Problem = SettingsError['problems'][number];

/** A document of nothing but mistakes is not answered by one of the same size. */
const maxProblems = 50;

/** New settings; `settings` stay as they are. Throws a `SettingsError` with every problem. */
export function applyChange(settings: Settings, change: SettingsChange): Settings {
  const problems: Problem[] = [];
  const given = readSection(settingsShape, change, '', problems) as SettingsChange;
  const merged: Settings = {
    ...settings,
    ...given,
    rules: mergeRules(settings.rules, given.rules ?? {}),
    stall: { ...settings.stall, ...given.stall },
    recorder: { ...settings.recorder, ...given.recorder },
    limits: { ...settings.limits, ...given.limits },
    nearOutOfMemory: [...new Set(given.nearOutOfMemory ?? settings.nearOutOfMemory)].sort((a, b) => a - b),
    pyroscope: withToken(given.pyroscope, settings.pyroscope, problems),
  };
  for (const name of RuleName) {
    if (given.rules?.[name] !== undefined) checkOrder(merged.rules[name], `rules.${name}`, problems);
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return merged;
}

/**
 * A change as JSON has it, where `null` stands for no limit. Throws a `SettingsError` with every problem but those that
 * only show against the present settings, which `applyChange` finds.
 */
export function parseChange(input: unknown): SettingsChange {
  const problems: Problem[] = [];
  const change = readSection(settingsShape, input, '', problems) as SettingsChange;
  if (problems.length > 0) throw new SettingsError(problems);
  return change;
}

/** For JSON: no limit is `null`, and a token is not shown. `parseChange` reads it back. */
export function settingsAsJson(settings: Settings): object {
  const { pyroscope } = settings;
  const shown =
    pyroscope === null
      ? null
      : { ...pyroscope, url: shownUrl(pyroscope.url), token: pyroscope.token && hiddenToken };
  return withoutInfinity({ ...settings, pyroscope: shown }) as object;
}

function mergeRules(
  rules: Settings['rules'],
  change: NonNullable<SettingsChange['rules']>,
): Settings['rules'] {
  const merged = RuleName.map((name): [RuleName, Rule] => [name, { ...rules[name], ...change[name] }]);
  return Object.fromEntries(merged) as Record<RuleName, Rule>;
}

/** The hidden token means the one that is set, but never for another receiver: that would hand it over. */
function withToken(
  given: PyroscopeSettings | null | undefined,
  present: PyroscopeSettings | null,
  problems: Problem[],
): PyroscopeSettings | null {
  if (given === undefined || given === null) return given === null ? null : present;
  if (given.token !== hiddenToken) return given;
  if (present !== null && shownUrl(present.url) === given.url) {
    return { ...given, url: present.url, token: present.token };
  }
  const got = 'the hidden one of another URL';
  problems.push({ path: 'pyroscope.token', expected: 'the token for this URL', got });
  return given;
}

/** Settings made in code or a file may carry a password in the URL. */
function shownUrl(url: string): string {
  if (!URL.canParse(url)) return '';
  const parsed = new URL(url);
  if (parsed.username + parsed.password === '') return url;
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}

/** `abs` and `max` may each be none. */
function checkOrder({ min, abs, max }: Rule, path: string, problems: Problem[]): void {
  const wrong = (name: string, expected: string, got: number) => {
    if (!problems.some((problem) => problem.path === `${path}.${name}`)) {
      problems.push({ path: `${path}.${name}`, expected, got: textOf(got) });
    }
  };
  if (abs < min) wrong('abs', `at least min, which is ${textOf(min)}`, abs);
  if (max < min) wrong('max', `at least min, which is ${textOf(min)}`, max);
  else if (max < abs && abs !== Number.POSITIVE_INFINITY)
    wrong('max', `at least abs, which is ${textOf(abs)}`, max);
}

// ------------------------------------------------------------------------------------- reading

/** What is right about `value`; what is wrong is added to `problems`. */
function readSection(shape: Section, value: unknown, path: string, problems: Problem[]): object {
  const given: Record<string, unknown> = {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push({ path: path || 'settings', expected: 'an object', got: textOf(value) });
    return given;
  }
  for (const [name, part] of Object.entries(value)) {
    if (problems.length >= maxProblems) return given;
    if (part === undefined) continue;
    const place = path === '' ? name : `${path}.${name}`;
    const node = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    if (node === undefined) problems.push(unknownName(shape, name, place));
    else if ('fields' in node)
      given[name] = node.whole && part === null ? null : readSection(node, part, place, problems);
    else readField({ field: node, name, value: part, path: place }, given, problems);
  }
  if (shape.whole) addMissing(shape, value, path, problems);
  return given;
}

function readField(
  { field, name, value, path }: { field: Field; name: string; value: unknown; path: string },
  given: Record<string, unknown>,
  problems: Problem[],
): void {
  const meant = value === null && field.unlimited ? Number.POSITIVE_INFINITY : value;
  if (field.accepts(meant)) given[name] = meant;
  else
    problems.push({ path, expected: field.expected, got: field.secret ? 'something else' : textOf(value) });
}

function unknownName(shape: Section, name: string, path: string): Problem {
  const names = Object.keys(shape.fields);
  const near = nearestName(name, names);
  return {
    path: path.slice(0, 200),
    expected: near === null ? `one of ${names.join(', ')}` : `a known name; did you mean ${near}?`,
    got: textOf(name),
  };
}

function addMissing(shape: Section, value: object, path: string, problems: Problem[]): void {
  for (const [name, node] of Object.entries(shape.fields)) {
    if (Object.hasOwn(value, name) || 'fields' in node) continue;
    problems.push({ path: `${path}.${name}`, expected: node.expected, got: 'nothing' });
  }
}

/** Short, however long the value is. */
function textOf(value: unknown): string {
  if (value === Number.POSITIVE_INFINITY) return 'none';
  if (Array.isArray(value))
    return value.length <= 10 ? `[${value.map(textOf).join(', ')}]`.slice(0, 100) : 'a long list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  return typeof value === 'function' ? 'a function' : String(value);
}

function withoutInfinity(value: unknown): unknown {
  if (value === Number.POSITIVE_INFINITY) return null;
  if (Array.isArray(value)) return value.map(withoutInfinity);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withoutInfinity(part)]));
}
