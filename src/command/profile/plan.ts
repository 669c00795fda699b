/** What the words behind `meshlock profile` come to. All mistakes are collected. */
import { didYouMean, MeshlockError, type Problem } from '../../base/index.ts';
import { type Invocation, valueOf } from '../command.ts';
import { type AdminAddress, readAdminAddress } from '../admin/admin-address.ts';

export type ProfilePlan = { readonly admin: AdminAddress; readonly tokenFile: string | null } & (
  | {
      readonly action: 'list';
      readonly subject: string | null;
      readonly kind: string | null;
      readonly json: boolean;
    }
  | { readonly action: 'show'; readonly capture: string; readonly json: boolean }
  | {
      readonly action: 'get';
      readonly capture: string;
      readonly format: string | null;
      readonly output: string | null;
      readonly force: boolean;
    }
  | {
      readonly action: 'take';
      readonly subject: string;
      readonly kind: string;
      readonly seconds: number | null;
      readonly json: boolean;
    }
  | { readonly action: 'open'; readonly capture: string; readonly print: boolean }
);

type Action = ProfilePlan['action'];

interface ActionWords {
  /** Besides --admin and --token-file. */
  readonly options: readonly string[];
  /** What the second word is; `null`: there is none. */
  readonly operand: string | null;
}

const actions: Readonly<Record<Action, ActionWords>> = {
  list: { options: ['subject', 'kind', 'json'], operand: null },
  show: { options: ['json'], operand: 'the id of a capture, or latest' },
  get: { options: ['format', 'output', 'force'], operand: 'the id of a capture, or latest' },
  take: { options: ['kind', 'seconds', 'json'], operand: 'a subject, such as data-1 or process' },
  open: { options: ['print'], operand: 'the id of a capture, or latest' },
};
const common: readonly string[] = ['admin', 'token-file'];
const kinds: readonly string[] = ['cpu', 'heap', 'handles', 'stack', 'snapshot'];
const formats: readonly string[] = ['pb.gz', 'cpuprofile', 'heapprofile', 'heapsnapshot', 'json'];
const maxSeconds = 120;

/** Rejects with MeshlockError USAGE. */
export function readProfilePlan(invocation: Invocation): Promise<ProfilePlan> {
  const [word, operand, ...rest] = invocation.positionals;
  if (word === undefined || !Object.hasOwn(actions, word)) return Promise.reject(noSuchAction(word));
  const action = word as Action;
  const problems: Problem[] = [
    ...operandProblems(action, operand),
    ...rest.map((extra) => ({ path: extra, expected: 'no further word', got: `"${extra}"` })),
    ...optionProblems(action, invocation),
  ];
  const value = (option: string): string | null => valueOf(invocation, option) ?? null;
  const has = (option: string): boolean => invocation.switches.has(option);
  const kind = oneOf('--kind', value('kind'), kinds, problems);
  const format = oneOf('--format', value('format'), formats, problems);
  const seconds = readSeconds(value('seconds'), problems);
  const output = value('output');
  if (output === '-') problems.push({ path: '--output', expected: 'a file', got: '-' });
  const admin = readAdminAddress(value('admin'), problems);
  if (problems.length > 0 || admin === null) {
    return Promise.reject(new MeshlockError('USAGE', `bad use of "meshlock profile ${action}"`, problems));
  }
  const shared = { admin, tokenFile: value('token-file') };
  const name = operand ?? '';
  switch (action) {
    case 'list':
      return Promise.resolve({ ...shared, action, subject: value('subject'), kind, json: has('json') });
    case 'show':
      return Promise.resolve({ ...shared, action, capture: name, json: has('json') });
    case 'get':
      return Promise.resolve({ ...shared, action, capture: name, format, output, force: has('force') });
    case 'take':
      return Promise.resolve({
        ...shared,
        action,
        subject: name,
        kind: kind ?? 'cpu',
        seconds,
        json: has('json'),
      });
    case 'open':
      return Promise.resolve({ ...shared, action, capture: name, print: has('print') });
  }
}

function noSuchAction(word: string | undefined): MeshlockError {
  const names = Object.keys(actions);
  const got = word === undefined ? 'nothing' : `"${word}"`;
  const hint = word === undefined ? {} : didYouMean(word, names);
  const problem = { path: '', expected: `one of ${names.join(', ')}`, got, ...hint };
  return new MeshlockError('USAGE', 'bad use of "meshlock profile"', [problem]);
}

function operandProblems(action: Action, operand: string | undefined): readonly Problem[] {
  const expected = actions[action].operand;
  if (expected === null) {
    return operand === undefined ? [] : [{ path: operand, expected: 'no further word', got: `"${operand}"` }];
  }
  return operand === undefined ? [{ path: '', expected, got: 'nothing' }] : [];
}

function optionProblems(action: Action, { values, switches }: Invocation): readonly Problem[] {
  const { options } = actions[action];
  return [...values.keys(), ...switches]
    .filter((option) => !common.includes(option) && !options.includes(option))
    .map((option) => {
      const wanted = Object.entries(actions).filter(([, words]) => words.options.includes(option));
      const expected = `to be used with ${wanted.map(([name]) => name).join(' or ')}`;
      return { path: `--${option}`, expected, got: action };
    });
}

function oneOf(
  path: string,
  value: string | null,
  names: readonly string[],
  problems: Problem[],
): string | null {
  if (value !== null && !names.includes(value)) {
    const expected = `one of ${names.join(', ')}`;
    problems.push({ path, expected, got: `"${value}"`, ...didYouMean(value, names) });
  }
  return value;
}

function readSeconds(value: string | null, problems: Problem[]): number | null {
  if (value === null) return null;
  const seconds = Number(value);
  if (!/^\d+$/.test(value) || seconds < 1 || seconds > maxSeconds) {
    problems.push({ path: '--seconds', expected: `a whole number, 1 to ${maxSeconds}`, got: `"${value}"` });
  }
  return seconds;
}
