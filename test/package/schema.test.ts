import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { demoConfiguration } from '../../examples/demo/configuration.ts';
import { schemaFile } from '../../schema/generate.ts';

const published = readFileSync(schemaFile, 'utf8');
const demo: unknown = parse(demoConfiguration({ listener: 8080, admin: 9901, instances: [3000, 3001] }));

function problems(file: unknown): readonly string[] {
  const validate = new Ajv({ allErrors: true, strict: false }).compile(JSON.parse(published) as object);
  validate(file);
  return (validate.errors ?? []).map(({ instancePath }) => instancePath);
}

describe('the published schema', () => {
  test('accepts the configuration of the demo', () => {
    expect(problems(demo)).toEqual([]);
  });

  test('refuses what the loader refuses', () => {
    expect(
      problems({
        ...(demo as object),
        listeners: [{ name: 'x', address: '127.0.0.1:8080', role: 'sideways' }],
      }),
    ).toContain('/listeners/0/role');
  });
});
