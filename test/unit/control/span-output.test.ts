import { describe, expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import { SpanOutput } from '../../../src/control/span-output.ts';
import type { SpanFigures } from '../../../src/telemetry/control.ts';
import type { SpanRecord } from '../../../src/telemetry/index.ts';
import { testConfig } from './test-config.ts';
import { testLog } from './test-log.ts';

const span: SpanRecord = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: null,
  name: 'GET',
  kind: 'server',
  startMs: 1,
  endMs: 2,
  error: false,
  attributes: {},
};

function configFor(otlpEndpoint: string | null) {
  return testConfig({ tracing: { sampling: 1, propagate: ['w3c'], otlpEndpoint } });
}

describe('span output', () => {
  test('has an exporter exactly while a receiver is configured, and keeps it over other changes', async () => {
    const shown: (SpanFigures | null)[] = [];
    const output = new SpanOutput({
      clock: new ManualClock(),
      random: seededRandom(1),
      log: testLog().log,
      metrics: { setSpans: (figures) => shown.push(figures) },
    });
    output.configure(configFor(null));
    output.accept([span]);
    expect(shown).toEqual([]);
    output.configure(configFor('http://127.0.0.1:9'));
    output.configure({ ...configFor('http://127.0.0.1:9'), drainTimeoutMs: 1 });
    expect(shown).toHaveLength(1);
    output.configure(configFor(null));
    expect(shown).toEqual([expect.anything(), null]);
    await output.close();
  });
});
