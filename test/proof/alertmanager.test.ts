/** What stands at the end of an alert's way, and when it must say no; the whole way is in `proof.test.ts`. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { isInstalled } from '../integration/health/promql-engine.ts';
import { startAlertReceiver } from './alert-receiver.ts';
import { startAlertmanager } from './alertmanager.ts';

const program = 'prometheus-alertmanager';
const note = isInstalled(program) ? '' : ` (skipped: Debian's package ${program} is not installed)`;

describe('the receiver of alerts', () => {
  test('refuses what is no delivery, or too much', async () => {
    const receiver = await startAlertReceiver();
    onTestFinished(() => receiver.stop());
    for (const body of ['', 'nothing', '{"alerts": 3}', `{"alerts": [${'1,'.repeat(2000)}1]}`]) {
      expect((await fetch(receiver.url, { method: 'POST', body })).status).toBe(400);
    }
    expect(receiver.alerts).toEqual([]);
  });
});

describe.skipIf(note !== '')(`Alertmanager${note}`, () => {
  test('does not start with a configuration that it cannot read', async () => {
    await expect(startAlertmanager('route: { receiver: nobody }\n')).rejects.toThrow(
      /it ended at once: .*undefined receiver/s,
    );
  });
});
