/** What whoever is woken by an alert would miss in it: a text, a value in the text, a runbook behind the link. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DeliveredAlert } from './alert-receiver.ts';

/** What templates leave in a text when they have gone wrong. */
const broken = /<no value>|<error|%!|\{\{|\bNaN\b/;

/** `runbooks`: the folder that a `runbook_url` leads to, whatever host stands before it. */
export function annotationFindings(
  { labels, annotations }: Pick<DeliveredAlert, 'labels' | 'annotations'>,
  runbooks: string,
): readonly string[] {
  const wrong = ['summary', 'description'].filter((key) => {
    const text = annotations[key] ?? '';
    return text === '' || broken.test(text);
  });
  if (!isThere(annotations['runbook_url'] ?? '', runbooks)) wrong.push('runbook_url');
  if (labels['severity'] !== 'critical' && labels['severity'] !== 'warning') wrong.push('severity');
  return wrong.map(
    (key) => `${labels['alertname']}: ${key}: ${annotations[key] ?? labels[key] ?? 'missing'}`,
  );
}

/** The page, and where an anchor is named its heading. */
function isThere(url: string, runbooks: string): boolean {
  const [page = '', anchor] = url.split('#');
  const path = join(runbooks, basename(page));
  if (!page.endsWith('.md') || !existsSync(path)) return false;
  return anchor === undefined || anchorsOf(readFileSync(path, 'utf8')).includes(anchor);
}

/** As GitHub names them. */
function anchorsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}
