import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allOptions } from '../../../src/command/invocation.ts';
import { commands } from '../../../src/command/main.ts';

const page = readFileSync(new URL('../../../docs/command-line.md', import.meta.url), 'utf8');

describe('docs/command-line.md', () => {
  test('names every command and every option with its value', () => {
    expect(commands.length).toBeGreaterThan(3);
    for (const command of commands) {
      expect(page).toContain(`| \`${command.name}\` |`);
      for (const [name, { short, value }] of Object.entries(command.options)) {
        const long = value === undefined ? `\`--${name}\`` : `\`--${name} ${value}\``;
        expect(page).toContain(short === undefined ? `| ${long} |` : `| \`-${short}\`, ${long} |`);
      }
    }
  });

  test('names no option that does not exist', () => {
    const known = new Set(commands.flatMap((command) => Object.keys(allOptions(command))));
    known.add('version').add('option');
    const named = [...page.matchAll(/--([a-z][a-z-]*)/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});
