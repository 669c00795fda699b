/** `npm run schema`: the JSON Schema of the configuration file, for editors. A test holds it to the code. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configJsonSchema } from '../src/config/index.ts';
import { repositoryRoot } from './executable.ts';

/** Where it lies in the repository and in the package. */
export const schemaPath: string = join('schema', 'meshlock.schema.json');

export function schemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

if (import.meta.main) {
  const file = join(repositoryRoot, schemaPath);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, schemaText());
  console.log(`written: ${schemaPath}`);
}
