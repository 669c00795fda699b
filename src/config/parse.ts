/**
 * From text to the model, or to all of its problems at once: the document, its shape, what its parts say of one
 * another, and what it needs of the machine are each checked, also when another of them has failed.
 */
import { hostname } from 'node:os';
import { formatProblem, MeshlockError } from '../base/index.ts';
import { crossFindings } from './cross-check.ts';
import { type Document, type DocumentFormat, readDocument } from './document.ts';
import type { LocatedProblem } from './document-fault.ts';
import { fileSchema } from './file-schema.ts';
import type { Config } from './model.ts';
import { formatPath, setAt } from './path.ts';
import { resolveConfig, type Surroundings, surroundingFindings } from './resolve.ts';
import { expectedByType, type Finding, shapeFindings } from './shape-problems.ts';

export interface ParseOptions {
  /** What the text is called in messages, such as the path of its file. */
  readonly source: string;
  /** Absolute; relative paths in the text start here. */
  readonly baseDirectory: string;
  /** `json` refuses what only YAML allows. By default the ending of `source` decides. */
  readonly format?: DocumentFormat;
  /** The node's id where the text has none; by default this machine's name. */
  readonly hostName?: string;
}

/** Throws `CONFIG_INVALID` with every problem, sorted by position. Reads token files and looks for filter modules. */
export function parseConfig(text: string, options: ParseOptions): Config {
  const { source, baseDirectory, hostName = hostname() } = options;
  const format = options.format ?? (source.toLowerCase().endsWith('.json') ? 'json' : 'yaml');
  const document = readDocument(text, format);
  if (!isDocument(document)) throw invalid(source, document);
  const outcome = checkValue(document.value, { baseDirectory, hostName });
  if (outcome.config !== null) return outcome.config;
  throw invalid(source, locate(outcome.findings, document));
}

type Checked = { readonly config: Config } | { readonly config: null; readonly findings: readonly Finding[] };

/** The value of a document as the model, or what is wrong with it. */
export function checkValue(value: unknown, surroundings: Surroundings): Checked {
  const shape = fileSchema.safeParse(value, { error: expectedByType });
  const findings = [
    ...(shape.success ? [] : allShapeFindings(shapeFindings(shape.error.issues, value), value)),
    ...crossFindings(value),
    ...surroundingFindings(value, surroundings),
  ];
  if (!shape.success || findings.length > 0) return { config: null, findings };
  return { config: resolveConfig(shape.data, surroundings) };
}

/** A mapping of unknown kind hides what else is wrong in it, so it is looked at again as the kind that was meant. */
function allShapeFindings(findings: readonly Finding[], value: unknown): readonly Finding[] {
  const unknownKinds = findings.filter((finding) => finding.assume !== undefined);
  if (unknownKinds.length === 0) return findings;
  const assumed = structuredClone(value);
  for (const { path, assume } of unknownKinds) setAt(assumed, path, assume);
  const again = fileSchema.safeParse(assumed, { error: expectedByType });
  return again.success ? unknownKinds : [...unknownKinds, ...shapeFindings(again.error.issues, assumed)];
}

/** One problem on one line, in the form that editors and terminals make a link of. */
export function formatLocatedProblem(problem: LocatedProblem, source: string): string {
  return `${source}:${problem.position.line}:${problem.position.column}: ${formatProblem(problem)}`;
}

function locate(findings: readonly Finding[], document: Document): LocatedProblem[] {
  const problems = findings.map(({ path, expected, got, hint }): LocatedProblem => {
    const problem = { path: formatPath(path), expected, got, position: document.locate(path) };
    return hint === undefined ? problem : { ...problem, hint };
  });
  const seen = new Set<string>();
  return problems
    .filter((problem) => {
      const key = `${problem.path}\n${problem.expected}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
}

function invalid(source: string, problems: readonly LocatedProblem[]): MeshlockError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new MeshlockError('CONFIG_INVALID', `${source} is not a valid configuration: ${count}`, problems);
}

function isDocument(outcome: Document | readonly LocatedProblem[]): outcome is Document {
  return 'locate' in outcome;
}
