/**
 * What the schema found wrong, as problems: one for each mistake a person made, at the place where it was made. The
 * work is in the unions: of the spellings a value could have, the one that was meant decides what is said.
 */
import type * as z from 'zod';
import { keysOf } from './block.ts';
import { hintForKey } from './foreign-keys.ts';
import { nearestName } from '../base/index.ts';
import { type Path, valueAt } from './path.ts';
import { isSecretName, redacted, withoutUserinfo } from './sensitive.ts';

/** A problem whose path is not yet text, so that it can be located and sorted. */
export interface Finding {
  readonly path: Path;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string | undefined;
  /** What to take the value for, so that what depends on it can be checked all the same. */
  readonly assume?: string;
}

type Issue = z.core.$ZodIssue;

/** `root` is what was checked. */
export function shapeFindings(issues: readonly Issue[], root: unknown, base: Path = []): Finding[] {
  return issues.flatMap((issue) => findingsOf(issue, root, [...base, ...(issue.path as Path)]));
}

/** For schemas without words of their own: what a type is called here. */
export function expectedByType(issue: {
  readonly code?: string | undefined;
  readonly expected?: unknown;
}): string {
  const names: Record<string, string> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    object: 'a mapping',
    record: 'a mapping',
    array: 'a list',
  };
  return names[String(issue.expected)] ?? 'something else';
}

function findingsOf(issue: Issue, root: unknown, path: Path): Finding[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, issue.message, path));
    case 'invalid_union':
      return unionFindings(issue, root, path);
    case 'invalid_key':
      return issue.issues.map((inner) => ({
        path,
        expected: inner.message,
        got: quote(path.at(-1)),
        hint: hintOf(inner),
      }));
    case 'invalid_value':
      return [{ ...plain(issue, root, path), hint: meant(valueAt(root, path), issue.values) }];
    case 'invalid_type':
      return [{ ...plain(issue, root, path), hint: quotesHint(issue.expected, valueAt(root, path)) }];
    default:
      return [plain(issue, root, path)];
  }
}

function plain(issue: Issue, root: unknown, path: Path): Finding {
  const params = issue.code === 'custom' ? issue.params : undefined;
  const got: unknown = params?.['got'];
  return {
    path,
    expected: issue.message,
    got: typeof got === 'string' ? got : describe(root, path),
    // A hint may quote what was found.
    hint: isSecretPlace(root, path) ? undefined : hintOf(issue),
  };
}

function hintOf(issue: Issue): string | undefined {
  const hint: unknown = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
  return typeof hint === 'string' ? hint : undefined;
}

function unknownKey(key: string, expected: string, path: Path): Finding {
  const keys = keysOf(expected);
  const near = nearestName(key, keys);
  const hint = hintForKey(key, keys) ?? (near === undefined ? undefined : `did you mean ${near}?`);
  // Who is told the right key need not read all of them.
  return {
    path: [...path, key],
    expected: hint === undefined ? expected : 'a known key',
    got: `unknown key ${quote(key)}`,
    hint,
  };
}

function unionFindings(issue: z.core.$ZodIssueInvalidUnion, root: unknown, path: Path): Finding[] {
  const value = valueAt(root, path);
  if (issue.discriminator !== undefined && issue.errors.length === 0) {
    return [discriminatorFinding(issue, root, path)];
  }
  // Of the spellings with the right type, the one with the least to complain about.
  const meantBranch = issue.errors
    .filter((branch) => !branch.some((inner) => isOfAnotherType(inner, value)))
    .sort((a, b) => a.length - b.length)[0];
  if (meantBranch !== undefined) return shapeFindings(meantBranch, root, path);
  const hint = quotesHint(/\btext\b|\bname\b/.test(issue.message) ? 'string' : '', value);
  return [{ path, expected: issue.message, got: describe(root, path), hint }];
}

/** The key that says which kind of mapping this is: the rest is checked as the kind that was most likely meant. */
function discriminatorFinding(issue: z.core.$ZodIssueInvalidUnion, root: unknown, path: Path): Finding {
  const value = valueAt(root, path);
  const given = 'options' in issue ? (issue.options ?? []) : [];
  const options = given.filter((option) => typeof option === 'string');
  const near = typeof value === 'string' ? nearestName(value, options) : undefined;
  const expected = `one of ${options.join(', ')}`;
  const finding = { path, expected, got: describe(root, path), hint: meant(value, options) };
  const assume = near ?? options[0];
  return assume === undefined ? finding : { ...finding, assume };
}

function isOfAnotherType(issue: Issue, value: unknown): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_type') return true;
  if (issue.code === 'invalid_value') return !isWordMeant(value, issue.values);
  if (issue.code !== 'invalid_union' || issue.discriminator !== undefined) return false;
  return issue.errors.every((branch) => branch.some((inner) => isOfAnotherType(inner, value)));
}

/** A single word (`auto`, `false`) beside other spellings was meant only by something close to it. */
function isWordMeant(value: unknown, allowed: readonly unknown[]): boolean {
  if (allowed.length === 1) return meant(value, allowed) !== undefined;
  return allowed.some((word) => typeof word === typeof value);
}

function meant(value: unknown, allowed: readonly unknown[]): string | undefined {
  if (typeof value !== 'string') return undefined;
  const near = nearestName(
    value,
    allowed.filter((option) => typeof option === 'string'),
  );
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** YAML reads `1.10` as the number 1.1 and `yes` as text; what was meant as text needs quotes. */
function quotesHint(expected: string, value: unknown): string | undefined {
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  return expected === 'string' && isPlain ? 'put it in quotes' : undefined;
}

/** What was found, short, and never a secret. */
function describe(root: unknown, path: Path): string {
  const value = valueAt(root, path);
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (isSecretPlace(root, path)) return redacted;
  if (typeof value === 'string') return quote(withoutUserinfo(value));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

/** Under a key, or in a mapping with a `name`, that says so. */
function isSecretPlace(root: unknown, path: Path): boolean {
  return path.some((step, depth) => {
    const name = valueAt(root, [...path.slice(0, depth), 'name']);
    return [step, name].some((word) => typeof word === 'string' && isSecretName(word));
  });
}

function quote(value: unknown): string {
  const text = String(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
