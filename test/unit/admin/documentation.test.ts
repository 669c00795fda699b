import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { adminTable } from '../../../src/admin/endpoint/table.ts';
import { ManualClock } from '../../../src/base/index.ts';
import { consoleRoutes } from '../../../src/control/console/admin-routes.ts';
import { healthRoutes } from '../../../src/control/health/admin-routes.ts';
import { diagnosisRoutes } from '../../../src/control/self-diagnosis/admin-routes.ts';
import { consoleSources } from '../control/console/sources.ts';
import { FakeSource } from './fake-source.ts';

const document = readFileSync(new URL('../../../docs/admin.md', import.meta.url), 'utf8');
const clock = new ManualClock();
const { routes } = adminTable(new FakeSource(), clock, [
  ...diagnosisRoutes({ monitor: null, obstacle: '' }, clock),
  ...consoleRoutes(consoleSources()),
  ...healthRoutes(
    {
      snapshot: { at: 0, status: 'starting', components: [], transitions: [] },
      gate: { state: 'closed', hasOpened: false, waitingFor: [], override: null, since: 0 },
      override: () => {},
    },
    () => ({ releaseId: '', version: '', serviceId: '' }),
    clock,
  ),
]);

const rows = document.split('\n').filter((line) => /^\| `(GET|POST) /.test(line));
/** Three columns describe a parameter, two a call. */
const cells = rows.map((row) => row.split(/(?<!\\)\|/).slice(1, -1));
const unquoted = (cell: string | undefined): string => cell?.trim().replaceAll('`', '') ?? '';

describe('docs/admin.md', () => {
  test('lists every call, and only those', () => {
    const written = cells.filter(({ length }) => length === 2).map(([call]) => unquoted(call));
    const known = routes.map(({ method, path }) => `${method} ${path}`);
    expect(known.length).toBeGreaterThan(20);
    expect(written.toSorted()).toEqual(known.toSorted());
  });

  test('lists every parameter, and only those', () => {
    const written = cells
      .filter(({ length }) => length === 3)
      .map(([call, name]) => `${unquoted(call)} ${unquoted(name)}`);
    const known = routes.flatMap(({ method, path, parameters = [] }) =>
      parameters.map(({ name }) => `${method} ${path} ${name}`),
    );
    expect(known.length).toBeGreaterThan(10);
    expect(written.toSorted()).toEqual(known.toSorted());
  });

  test('names every value that a parameter can have', () => {
    for (const { path, parameters = [] } of routes) {
      for (const { value } of parameters) {
        if (typeof value === 'string') continue;
        for (const choice of value)
          expect([path, document]).toEqual([path, expect.stringContaining(`\`${choice}\``)]);
      }
    }
  });

  test('marks the paths that give only JSON', () => {
    const marked = cells.filter(([, meaning]) => meaning?.includes('*JSON*')).map(([call]) => unquoted(call));
    const onlyJson = routes
      .filter(({ formats }) => formats?.length === 1 && formats[0] === 'json')
      .map(({ method, path }) => `${method} ${path}`);
    expect(marked.toSorted()).toEqual(onlyJson.toSorted());
  });
});
