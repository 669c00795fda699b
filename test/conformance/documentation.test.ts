/** What docs/http1-conformance.md says about refusals is what the codec does. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { HeadError, refusals } from '../../src/protocol/index.ts';

const text = readFileSync(new URL('../../docs/http1-conformance.md', import.meta.url), 'utf8');
/** Rows of the first table: status and reason. */
const rows = [...text.matchAll(/^\| .* \| (\d{3}) \| ([^|]+) \| [^|]+ \|$/gm)].map(([, status, reason]) => ({
  status: Number(status),
  reason: reason!.trim(),
}));

describe('docs/http1-conformance.md', () => {
  test('has a row for every reason of a refused request, with its status', () => {
    const ofRequests = refusals.filter(({ status }, error) => error !== HeadError.None && status !== 502);
    expect(new Set(rows.map((row) => JSON.stringify(row)))).toEqual(
      new Set(ofRequests.map(({ status, reason }) => JSON.stringify({ status, reason }))),
    );
    expect(rows.length).toBeGreaterThan(25);
  });

  test('names what only an upstream can do wrong', () => {
    const ofAnswers = refusals.filter(({ status }) => status === 502);
    expect(ofAnswers).toHaveLength(2);
    for (const { reason } of ofAnswers) expect(text.replaceAll('\n', ' ')).toContain(reason);
  });
});
