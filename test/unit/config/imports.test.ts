import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const source = new URL('../../../src/', import.meta.url);
const dataRooms = ['base', 'telemetry', 'net', 'protocol', 'cluster', 'route', 'filter', 'proxy', 'data'];

describe('the rooms that a data thread loads', () => {
  test('take only types from the configuration, so that they load neither zod nor yaml', () => {
    const files = dataRooms.flatMap((room) =>
      readdirSync(new URL(`${room}/`, source), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${room}/${name}`),
    );
    expect(files.length).toBeGreaterThan(10);
    const guilty = files.filter((name) => {
      const text = readFileSync(new URL(name, source), 'utf8');
      const imports = text.match(/^(import|export)\s[^;]*?from\s+'[^']*\/config\/[^']*'/gm) ?? [];
      return imports.some((statement) => !/^(import|export) type /.test(statement));
    });
    expect(guilty).toEqual([]);
  });
});
