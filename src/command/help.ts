/** The help texts, made from the commands' own descriptions so that they cannot lag behind. */
import type { Command, OptionSpec } from './command.ts';
import { allOptions } from './invocation.ts';

export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Meshlock: a service-mesh data plane that diagnoses itself.

Usage: meshlock <command> [options]

Commands:
${list.join('\n')}

"meshlock <command> --help" explains a command.
Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 not known yet (health).
`;
}

export function commandHelp(command: Command): string {
  const usage = command.usage.map((line, i) => `${i === 0 ? 'Usage: ' : '       '}meshlock ${line}`);
  const options = Object.entries(allOptions(command)).map(([name, spec]) => [
    optionHead(name, spec),
    spec.description,
  ]);
  const width = Math.max(...options.map(([head]) => head!.length));
  const examples = command.examples.map(({ command: line, does }) => `  ${line}\n      ${does}`);
  return `${command.summary}

${usage.join('\n')}

Options:
${options.map(([head, description]) => `  ${head!.padEnd(width)}  ${description}`).join('\n')}

Examples:
${examples.join('\n')}
`;
}

function optionHead(name: string, { short, value }: OptionSpec): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? `    ${long}` : `-${short}, ${long}`;
}
