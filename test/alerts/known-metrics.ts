/** Every metric that a rule can read: of a node, whose documentation a test holds to the code, and of an aggregator. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../build/executable.ts';
import { Aggregator } from '../../health/aggregate/aggregator.ts';
import { metricsText } from '../../health/aggregate/metrics-text.ts';
import { parseAggregateSettings } from '../../health/aggregate/parse-settings.ts';
import { systemClock } from '../../health/clock.ts';
import { silentLog } from '../../health/log.ts';

export function knownMetrics(): Set<string> {
  const page = readFileSync(join(repositoryRoot, 'docs', 'metrics.md'), 'utf8');
  const ofNodes = page.match(/(?<=^\| `)[a-z_]+(?=` \|)/gm) ?? [];
  const settings = parseAggregateSettings({});
  const aggregator = new Aggregator({ settings, clock: systemClock, log: silentLog });
  // What it tells before it has heard of anybody: families without a sample are there too.
  const ofAggregators = metricsText(aggregator, settings.verdict).match(/(?<=^# TYPE )[a-z_]+/gm) ?? [];
  return new Set([...ofNodes, ...ofAggregators]);
}
