/** The calls that the page on the admin API documents, so that a test can make every one of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../build/executable.ts';

/** `GET /ready` and so on, in the order of the page. */
export function documentedCalls(): string[] {
  const page = readFileSync(join(repositoryRoot, 'docs', 'admin.md'), 'utf8');
  const calls = [...page.matchAll(/^\| `((?:GET|POST) \/[^`]*)` \|/gm)].map(([, found]) => found!);
  return [...new Set(calls)];
}

/** Of holmes and the console: they need arguments, take time, and are not text alone. */
export function isDiagnosis(documented: string): boolean {
  return /^\w+ \/(captures|console|holmes|speedscope)\b/.test(documented);
}

/** Of static health: in forms of their own, for probes. */
export function isHealth(documented: string): boolean {
  return /^\w+ \/(livez|readyz|startupz|v1\/health|gate)\b/.test(documented);
}
