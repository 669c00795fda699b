/** The JSON Schema of the file, for editors: the same shape, notation, defaults and descriptions as the loader's. */
import * as z from 'zod';
import { fileSchema } from './file-schema.ts';

/** Draft 7, which every editor's YAML support reads. What only code can check (names, regexes) is not in it. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(fileSchema, {
    io: 'input',
    target: 'draft-7',
    // A default that depends on other keys is filled in by a transform, where the generator does not see it.
    override: ({ jsonSchema }) => {
      const { fileDefault, ...rest } = jsonSchema;
      if (fileDefault === undefined) return;
      delete jsonSchema['fileDefault'];
      Object.assign(jsonSchema, rest, { default: fileDefault });
    },
  });
  // Without the validator that zod attaches, the rest is plain JSON.
  return JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
}
