/** `meshlock validate`: says everything that is wrong with a configuration file, and runs nothing. */
import { MeshlockError, type Problem } from '../base/index.ts';
import { type Command, type Output, valueOf } from './command.ts';
import { exitCodeOf, failureText, positionOf } from './failure.ts';

export const validateCommand: Command = {
  name: 'validate',
  summary: 'Check a configuration file and print every problem in it; nothing is run.',
  usage: ['validate -c <file> [--format text|json]'],
  options: {
    config: { short: 'c', value: '<file>', description: 'Configuration file, YAML or JSON.' },
    format: { value: '<format>', description: 'text for people, json for programs. [text]' },
  },
  maxPositionals: 0,
  examples: [
    {
      command: 'meshlock validate -c meshlock.yaml',
      does: 'Exits with 0 when it is valid, with 2 when it is not.',
    },
    {
      command: 'meshlock validate -c meshlock.yaml --format json',
      does: 'One JSON object with all problems, for a pipeline.',
    },
  ],
  async run(invocation, output) {
    const path = valueOf(invocation, 'config');
    const format = valueOf(invocation, 'format') ?? 'text';
    requireUsage(path, format);
    const { loadConfig } = await import('../config/index.ts');
    try {
      const { listeners, clusters } = await loadConfig(path);
      const facts = { listeners: listeners.length, clusters: clusters.length };
      if (format === 'json') writeJson(output, { valid: true, file: path, ...facts, problems: [] });
      else
        output.out(
          `${path} is valid: ${count(facts.listeners, 'listener')}, ${count(facts.clusters, 'cluster')}\n`,
        );
      return 0;
    } catch (error) {
      if (!(error instanceof MeshlockError)) throw error;
      const { code, message } = error;
      const problems = error.problems.map(problemJson);
      if (format === 'json') writeJson(output, { valid: false, file: path, code, message, problems });
      else output.err(failureText(error));
      return exitCodeOf(error);
    }
  },
};

function requireUsage(path: string | undefined, format: string): asserts path is string {
  const problems: Problem[] = [];
  if (path === undefined) problems.push({ path: '--config', expected: 'a file', got: 'nothing' });
  if (format !== 'text' && format !== 'json') {
    problems.push({ path: '--format', expected: 'text or json', got: `"${format}"` });
  }
  if (problems.length > 0) throw new MeshlockError('USAGE', 'bad use of "meshlock validate"', problems);
}

function problemJson(problem: Problem): object {
  const { path, expected, got, hint } = problem;
  return { path, ...positionOf(problem), expected, got, ...(hint !== undefined && { hint }) };
}

function writeJson(output: Output, value: object): void {
  output.out(`${JSON.stringify(value, null, 2)}\n`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
