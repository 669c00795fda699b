/** `npm run dashboards`: writes every dashboard beside this folder, where it is committed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards } from './catalogue.ts';
import { jsonText } from './json-text.ts';

for (const [name, dashboard] of Object.entries(dashboards)) {
  const path = join(import.meta.dirname, '..', `${name}.json`);
  writeFileSync(path, jsonText(dashboard));
  process.stdout.write(`${name}.json: ${dashboard.panels?.length ?? 0} panels\n`);
}
