/** Reads the words behind a command's name. All problems are collected, and a mistyped option is told the nearest one. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { didYouMean, MeshlockError, type Problem } from '../base/index.ts';
import type { Command, Invocation, OptionSpec } from './command.ts';

type Options = Readonly<Record<string, OptionSpec>>;

const helpOption: OptionSpec = { short: 'h', description: 'Print this help.' };

/** The command's options with those that every command has. */
export function allOptions(command: Command): Options {
  return { ...command.options, help: helpOption };
}

/** Rejects with MeshlockError USAGE and every problem. `--help` wins over all of them. */
export async function readInvocation(command: Command, words: readonly string[]): Promise<Invocation> {
  const options = allOptions(command);
  const values = new Map<string, string[]>();
  const switches = new Set<string>();
  const positionals: string[] = [];
  const problems: Promise<Problem>[] = [];
  let afterUnknown = false;
  for (const token of tokensOf(options, words)) {
    const isPositional = token.kind === 'positional';
    // Behind an option that is not known it may be that option's value, and is no mistake of its own.
    if (isPositional && !afterUnknown) positionals.push(token.value);
    afterUnknown = false;
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    afterUnknown = spec === undefined;
    const problem =
      spec === undefined
        ? unknownOption(token.rawName, options)
        : problemOf(spec, token, values.has(token.name));
    if (problem !== null) problems.push(Promise.resolve(problem));
    else if (spec?.value === undefined) switches.add(token.name);
    else values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? '']);
  }
  if (switches.has('help')) return { values, switches, positionals };
  const extra = positionals[command.maxPositionals];
  if (extra !== undefined) problems.push(unexpectedWord(extra, options));
  if (problems.length > 0) {
    throw new MeshlockError('USAGE', `bad use of "meshlock ${command.name}"`, await Promise.all(problems));
  }
  return { values, switches, positionals };
}

interface OptionToken {
  readonly kind: 'option';
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}
type Token =
  | OptionToken
  | { readonly kind: 'positional'; readonly value: string }
  | { readonly kind: 'option-terminator' };

function tokensOf(options: Options, words: readonly string[]): readonly Token[] {
  const specs: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { short, value }] of Object.entries(options)) {
    specs[name] = {
      type: value === undefined ? 'boolean' : 'string',
      multiple: true,
      ...(short !== undefined && { short }),
    };
  }
  // Not strict: parseArgs stops at the first mistake, and knows no nearest name.
  return parseArgs({ args: [...words], options: specs, strict: false, allowPositionals: true, tokens: true })
    .tokens;
}

function problemOf(spec: OptionSpec, token: OptionToken, again: boolean): Problem | null {
  const { rawName: path, value, inlineValue } = token;
  if (spec.value === undefined) {
    return value === undefined ? null : { path, expected: 'no value', got: `"${value}"` };
  }
  const expected = `a value ${spec.value}`;
  if (value === undefined || value === '') return { path, expected, got: 'none' };
  if (inlineValue !== true && value.startsWith('-')) return { path, expected, got: `the option ${value}` };
  if (again && spec.repeated !== true) {
    return { path, expected: 'to be given once', got: `a second value "${value}"` };
  }
  return null;
}

async function unknownOption(rawName: string, options: Options): Promise<Problem> {
  const hint = didYouMean(rawName.replace(/^-+/, ''), Object.keys(options), {
    prefix: '--',
    otherwise: 'see --help',
  });
  return { path: rawName, expected: 'a known option', got: 'an unknown one', ...hint };
}

async function unexpectedWord(word: string, options: Options): Promise<Problem> {
  const hint = didYouMean(word, Object.keys(options), { prefix: '--', otherwise: 'see --help' });
  return { path: word, expected: 'no further word', got: `"${word}"`, ...hint };
}
