/**
 * Writes what is made of the configuration schema: `schema/meshlock.schema.json` for editors, and the tables of
 * `docs/configuration.md`. Run with `npm run schema`; a test fails when either is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { configJsonSchema } from '../src/config/index.ts';
import { renderReference } from './reference.ts';

const begin = '<!-- reference: begin (made by npm run schema) -->';
const end = '<!-- reference: end -->';

export const schemaFile: URL = new URL('meshlock.schema.json', import.meta.url);
export const pageFile: URL = new URL('../docs/configuration.md', import.meta.url);

export function renderSchema(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

/** The page with the part between the marks made anew. */
export function renderPage(page: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`docs/configuration.md needs the lines ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${renderReference(configJsonSchema())}\n${page.slice(to)}`;
}

if (import.meta.main) {
  writeFileSync(schemaFile, renderSchema());
  writeFileSync(pageFile, renderPage(readFileSync(pageFile, 'utf8')));
  process.stdout.write('wrote schema/meshlock.schema.json and docs/configuration.md\n');
}
