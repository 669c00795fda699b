import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { annotationFindings } from './annotation-findings.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshlock-runbooks-'));
writeFileSync(join(folder, 'Slow.md'), '# Slow\n\n## What to open: first\n');

const labels = { alertname: 'Slow', severity: 'warning' };
const annotations = { summary: 'it is slow', description: 'a second', runbook_url: 'docs/runbooks/Slow.md' };

describe('the findings of an alert that was delivered', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['a page', 'docs/runbooks/Slow.md'],
    ['a page at a host', 'https://wiki.test/runbooks/Slow.md'],
    ['a heading of a page', 'docs/runbooks/Slow.md#what-to-open-first'],
  ])('are none when its texts are whole and its runbook is %s', (_, url) => {
    expect(annotationFindings({ labels, annotations: { ...annotations, runbook_url: url } }, folder)).toEqual(
      [],
    );
  });

  test.each([
    ['summary', {}],
    ['summary', { summary: '' }],
    ['summary', { summary: '<no value> is slow' }],
    ['description', { description: 'of <error expanding template: ...>' }],
    ['description', { description: '%!f(string=)' }],
    ['description', { description: 'NaN % of the calls' }],
    ['runbook_url', { runbook_url: '' }],
    ['runbook_url', { runbook_url: 'docs/runbooks/' }],
    ['runbook_url', { runbook_url: 'docs/runbooks/Fast.md' }],
    ['runbook_url', { runbook_url: 'docs/runbooks/Slow.md#what-to-do' }],
  ])('name its %s of %o', (key, change) => {
    const { [key]: _removed, ...rest } = annotations as Record<string, string>;
    expect(annotationFindings({ labels, annotations: { ...rest, ...change } }, folder)).toEqual([
      expect.stringMatching(`^Slow: ${key}: `),
    ]);
  });

  test('name a severity that nobody routes', () => {
    expect(annotationFindings({ labels: { alertname: 'Slow' }, annotations }, folder)).toEqual([
      'Slow: severity: missing',
    ]);
  });
});
