/** Every alert says how bad it is, what has happened, and which page helps; and what that page says to run can be run. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../build/executable.ts';
import { type Rule, ruleFiles, rulesOf } from './rule-files.ts';

const folder = join(repositoryRoot, 'docs', 'runbooks');
const alerts = ruleFiles()
  .flatMap(rulesOf)
  .filter(({ kind }) => kind === 'alert');
const names = [...new Set(alerts.map(({ name }) => name))].sort();

const sections = ['Open first', 'What it means', 'Likely causes', 'What to do', 'It is over when'];

function documentation(name: string): string {
  return readFileSync(join(repositoryRoot, 'docs', name), 'utf8');
}

function runbook(name: string): string {
  return readFileSync(join(folder, `${name}.md`), 'utf8');
}

/** What stands in the first block of commands. */
function firstCommands(text: string): readonly string[] {
  const [, block = ''] = /## Open first\n\n```sh\n([\s\S]+?)\n```/.exec(text) ?? [];
  return block
    .trim()
    .split('\n')
    .filter((line) => line !== '');
}

describe('an alert', () => {
  test('there are some', () => {
    expect(names.length).toBeGreaterThanOrEqual(30);
  });

  test.each(alerts.map((rule): [string, Rule] => [rule.name, rule]))(
    '%s says what, where and how bad',
    (name, { labels, annotations }) => {
      expect(['critical', 'warning']).toContain(labels['severity']);
      expect(Object.keys(annotations).sort()).toEqual(['description', 'runbook_url', 'summary']);
      for (const text of [annotations['summary'], annotations['description']])
        expect(text).toContain('{{ $labels.');
      expect(annotations['summary']?.length).toBeLessThan(130);
      expect(annotations['runbook_url']).toBe(`docs/runbooks/${name}.md`);
    },
  );
});

describe('a runbook', () => {
  test('belongs to each alert, and to nothing else', () => {
    const pages = readdirSync(folder).filter((file) => file !== 'README.md');
    expect(pages.sort()).toEqual(names.map((name) => `${name}.md`));
  });

  test.each(names)('of %s begins with what to open first', (name) => {
    const text = runbook(name);
    expect(text.startsWith(`# ${name}\n`)).toBe(true);
    expect(text.match(/(?<=^## ).+/gm)).toEqual(sections);
    const commands = firstCommands(text);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) expect(command).toMatch(/^(?:meshlock|curl|df|date) /);
  });

  test.each(names)('of %s asks for what there is', (name) => {
    const text = runbook(name);
    const commandLine = documentation('command-line.md');
    for (const [, command = '', verb = ''] of text.matchAll(
      /\bmeshlock (profile|health|validate) ?([a-z]*)/g,
    )) {
      expect(commandLine).toContain(
        command === 'profile' ? `meshlock profile ${verb}` : `meshlock ${command}`,
      );
    }
    for (const [, option = ''] of text.matchAll(/(?<=\bmeshlock [^`\n#]*)(--[a-z-]+)/g))
      expect(commandLine).toContain(`\`${option}`);
    const ofNodes = documentation('admin.md');
    const ofAggregators = documentation('health.md') + documentation('console.md');
    for (const [, whose, path = ''] of text.matchAll(/\$(node|aggregator)(\/[a-z_0-9/]*[a-z])/g)) {
      const page = whose === 'node' ? ofNodes : ofAggregators;
      const known = [`${path}\``, `${path}/:name\``, `${path}?`, `${path}/<`];
      const inner = /^\/(?:readyz|livez)\/[a-z-]+$/.test(path) ? ['/readyz/:name`'] : [];
      expect(
        [...known, ...inner].some((form) => page.includes(form)),
        `${whose} ${path}`,
      ).toBe(true);
    }
  });

  test('leads nowhere that is not there', () => {
    const links = names.flatMap((name) =>
      [...runbook(name).matchAll(/\]\(([^)#]+)(?:#([^)]+))?\)/g)].map(([, target = '', anchor]) => ({
        target,
        anchor,
      })),
    );
    expect(links.length).toBeGreaterThan(10);
    for (const { target, anchor } of links) {
      const page = readFileSync(join(folder, target), 'utf8');
      const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
      if (anchor !== undefined) expect(anchors, `${target}#${anchor}`).toContain(anchor);
    }
  });

  test('stands in the index with its severity', () => {
    const index = runbook('README');
    for (const name of names) {
      const severities = alerts.filter((rule) => rule.name === name).map(({ labels }) => labels['severity']);
      expect(index).toContain(`| [${name}](${name}.md) | ${[...new Set(severities)].join(', ')} |`);
    }
  });
});

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
}
