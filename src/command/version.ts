/** `meshlock version`. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import type { Command, Output } from './command.ts';

/** From the package that this file is part of, built or not. */
export function packageVersion(): string {
  const path = findPackageJSON(import.meta.url);
  if (path === undefined) throw new Error('package.json is missing: the installation is incomplete');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

export function versionText(): string {
  return `meshlock ${packageVersion()} (Node ${process.version}, ${process.platform} ${process.arch})\n`;
}

export const versionCommand: Command = {
  name: 'version',
  summary: 'Print the version of Meshlock, Node and the platform.',
  usage: ['version'],
  options: {},
  maxPositionals: 0,
  examples: [{ command: 'meshlock version', does: 'What a bug report should name.' }],
  run(_invocation, output: Output) {
    output.out(versionText());
    return Promise.resolve(0);
  },
};
