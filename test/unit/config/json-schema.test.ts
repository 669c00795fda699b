import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { pageFile, renderPage, renderSchema, schemaFile } from '../../../schema/generate.ts';
import { configJsonSchema, loadConfig } from '../../../src/config/index.ts';

const examples = new URL('../../../examples/', import.meta.url);
const names = readdirSync(examples).filter((name) => /\.(ya?ml|json)$/.test(name));
const validate = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictTuples: false }).compile(
  configJsonSchema(),
);

/** Every mapping of the schema with fixed keys, by name. */
function mappings(): [
  string,
  Record<string, { description?: string; $ref?: string; allOf?: { $ref: string }[] }>,
][] {
  const schema = configJsonSchema() as {
    properties: never;
    definitions: Record<string, { properties?: never; oneOf?: { properties: never }[] }>;
  };
  const definitions = Object.entries(schema.definitions).flatMap(([name, definition]) =>
    (definition.oneOf ?? [definition]).map((one) => [name, one.properties ?? {}] as [string, never]),
  );
  return [['file', schema.properties], ...definitions];
}

describe('the JSON Schema', () => {
  test('in the repository is the one of this program (npm run schema)', () => {
    expect(readFileSync(schemaFile, 'utf8')).toBe(renderSchema());
  });

  test('describes every key', () => {
    const keys = mappings().flatMap(([name, properties]) =>
      Object.entries(properties).map(([key, node]) => ({ name, key, node })),
    );
    expect(keys.length).toBeGreaterThan(100);
    const bare = keys.filter(({ node }) => !node.description && !node.$ref && !node.allOf);
    expect(bare.map(({ name, key }) => `${name}.${key}`)).toEqual([]);
  });

  test('refuses what the loader refuses for its shape', () => {
    for (const text of [
      'nod: {}',
      'stall_restart: 30',
      'listeners: [{ cluster: a }]',
      'clusters: [{ name: a, endpoints: [] }]',
      'tracing: { sampling: 20 }',
    ]) {
      expect(validate(parseYaml(text)), text).toBe(false);
    }
  });
});

describe('an example', () => {
  test('is there to be tested', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'gateway.yaml',
        'minimal.json',
        'minimal.yaml',
        'observability.yaml',
        'resilience.yaml',
        'sidecar.yaml',
        'tcp.yaml',
      ]),
    );
  });

  test.each(names)('%s is accepted by the loader and by the JSON Schema', async (name) => {
    const file = new URL(name, examples);
    const config = await loadConfig(file.pathname);
    expect(config.listeners.length).toBeGreaterThan(0);
    const isValid = validate(parseYaml(readFileSync(file, 'utf8')));
    expect(validate.errors ?? []).toEqual([]);
    expect(isValid).toBe(true);
  });

  test('of the reference page is accepted by the loader', async () => {
    const blocks = [...readFileSync(pageFile, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, text]) => text as string,
    );
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) expect(validate(parseYaml(block)), block).toBe(true);
  });
});

describe('the reference page', () => {
  test('has the tables of this program (npm run schema)', () => {
    const page = readFileSync(pageFile, 'utf8');
    expect(renderPage(page)).toBe(page);
  });

  test('names every key', () => {
    const page = readFileSync(pageFile, 'utf8');
    const missing = mappings().flatMap(([, properties]) =>
      Object.keys(properties).filter((key) => !page.includes(`| \`${key}\` |`)),
    );
    expect(missing).toEqual([]);
  });
});
