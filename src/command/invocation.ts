/** Reads the words behind a command's name. All problems are collected, and a mistyped option is told the nearest one. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { MeshlockError, type Problem } from '../base/index.ts';
import { nearestName } from '../config/index.ts';
import type { Command, Invocation, OptionSpec } from './command.ts';

const helpOption: OptionSpec = { short: 'h', description: 'Print this help.' };

/** The command's options with those that every command has. */
export function allOptions(command: Command): Readonly<Record<string, OptionSpec>> {
  return { ...command.options, help: helpOption };
}

/** Throws MeshlockError USAGE with every problem. `--help` wins over all of them. */
export function readInvocation(command: Command, words: readonly string[]): Invocation {
  const options = allOptions(command);
  const values = new Map<string, string[]>();
  const switches = new Set<string>();
  const positionals: string[] = [];
  const problems: Problem[] = [];
  for (const token of tokensOf(options, words)) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    const problem =
      spec === undefined
        ? unknownOption(token.rawName, options)
        : problemOf(spec, token, values.has(token.name));
    if (problem !== null) problems.push(problem);
    else if (spec?.value === undefined) switches.add(token.name);
    else values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? '']);
  }
  if (switches.has('help')) return { values, switches, positionals };
  if (positionals.length > command.maxPositionals) {
    problems.push(unexpectedWord(positionals[command.maxPositionals]!, options));
  }
  if (problems.length > 0) {
    throw new MeshlockError('USAGE', `bad use of "meshlock ${command.name}"`, problems);
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

function tokensOf(options: Readonly<Record<string, OptionSpec>>, words: readonly string[]): readonly Token[] {
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
  if (spec.value === undefined) {
    return token.value === undefined
      ? null
      : { path: token.rawName, expected: 'no value', got: `"${token.value}"` };
  }
  const missing = token.value === undefined || (token.inlineValue !== true && token.value.startsWith('-'));
  if (missing || token.value === '') {
    const got = token.value === undefined || token.value === '' ? 'none' : `the option ${token.value}`;
    return { path: token.rawName, expected: `a value ${spec.value}`, got };
  }
  if (again && spec.repeated !== true) {
    return { path: token.rawName, expected: 'to be given once', got: `a second value "${token.value}"` };
  }
  return null;
}

function unknownOption(rawName: string, options: Readonly<Record<string, OptionSpec>>): Problem {
  const nearest = nearestName(rawName.replace(/^-+/, ''), Object.keys(options));
  return {
    path: rawName,
    expected: 'a known option',
    got: 'an unknown one',
    hint: nearest === undefined ? 'see --help' : `did you mean --${nearest}?`,
  };
}

function unexpectedWord(word: string, options: Readonly<Record<string, OptionSpec>>): Problem {
  const nearest = nearestName(word, Object.keys(options));
  return {
    path: word,
    expected: 'no further word',
    got: `"${word}"`,
    hint: nearest === undefined ? 'see --help' : `did you mean --${nearest}?`,
  };
}
