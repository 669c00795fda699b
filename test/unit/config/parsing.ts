/** What the tests of this room share: one call that parses, one that gives the problems as lines. */
import { formatProblem, MeshlockError } from '../../../src/base/index.ts';
import {
  type Config,
  type LocatedProblem,
  type ParseOptions,
  parseConfig,
} from '../../../src/config/index.ts';

const options: ParseOptions = { source: 'test.yaml', baseDirectory: '/nowhere', hostName: 'test-host' };

export function parse(text: string, changed: Partial<ParseOptions> = {}): Config {
  return parseConfig(text, { ...options, ...changed });
}

export function errorOf(text: string, changed: Partial<ParseOptions> = {}): MeshlockError {
  try {
    parse(text, changed);
  } catch (error) {
    if (error instanceof MeshlockError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

export function problemsOf(text: string, changed: Partial<ParseOptions> = {}): readonly LocatedProblem[] {
  return errorOf(text, changed).problems as readonly LocatedProblem[];
}

export function linesOf(text: string, changed: Partial<ParseOptions> = {}): string[] {
  return problemsOf(text, changed).map(formatProblem);
}

/** A cluster `app` and one http listener whose keys are given. */
export function withListener(keys: string): string {
  return `
listeners: [{ address: 8080, ${keys} }]
clusters: [{ name: app, endpoints: [3000] }, { name: other, endpoints: [3001] }]`;
}

/** One route to `app` (unless it has another action) whose keys are given. */
export function withRoute(keys: string): string {
  return withListener(`routes: [{ ${keys} }]`);
}

/** One cluster `app` whose keys are given. */
export function withCluster(keys: string): string {
  return `clusters: [{ name: app, ${keys} }]`;
}
