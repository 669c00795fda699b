/** The aggregator's own figures, its suspects and verdicts, in the text form of Prometheus. */
import type { VerdictSettings } from '../verdict/verdict-settings.ts';
import type { Aggregator } from './aggregator.ts';
import type { HistoryStatus } from './history-keeper.ts';
import { MetricsPage, type Sample } from './metrics-page.ts';
import { addReleaseMetrics } from './release-metrics.ts';
import { suspectSamples } from './suspect-samples.ts';
import type { ViewpointTotal } from './viewpoint-totals.ts';

export function metricsText(aggregator: Aggregator, settings: VerdictSettings): string {
  const page = new MetricsPage();
  addOwnFigures(page, aggregator);
  addJournalFigures(page, aggregator);
  addHistoryFigures(page, aggregator.history());
  page.family(
    'meshlock_suspect',
    'gauge',
    'Share of its calls that a suspected module breaks.',
    suspectSamples(aggregator.suspects()),
  );
  addReleaseMetrics(page, aggregator, settings.alpha);
  const totals = [...aggregator.viewpointTotals()];
  page.family(
    'meshlock_viewpoint_calls_total',
    'counter',
    'Calls by node and viewpoint, epoch by epoch as they are judged.',
    totals.map((total) => sampleOf(total, total.calls)),
  );
  page.family(
    'meshlock_viewpoint_failures_total',
    'counter',
    'Failed calls by node and viewpoint, epoch by epoch as they are judged.',
    totals.map((total) => sampleOf(total, total.failures)),
  );
  return page.text;
}

function addOwnFigures(page: MetricsPage, aggregator: Aggregator): void {
  const figures = aggregator.figures();
  page.family(
    'meshlock_aggregate_reports_total',
    'counter',
    'Epoch reports by what became of them.',
    Object.entries(figures.reports).map(([result, count]) => [{ result }, count]),
  );
  page.counter(
    'meshlock_aggregate_late_reports_total',
    'Reports that came after their epoch was judged.',
    figures.lateReports,
  );
  page.gauge('meshlock_aggregate_nodes', 'Nodes that reported lately.', figures.nodes);
  page.gauge('meshlock_aggregate_missing_nodes', 'Nodes that owe the last epoch.', figures.missingNodes);
  page.gauge(
    'meshlock_aggregate_window_bytes',
    'Memory of the kept reports, estimated.',
    figures.windowBytes,
  );
  page.counter(
    'meshlock_aggregate_evicted_epochs_total',
    'Epochs dropped early because memory ran out.',
    figures.evictedEpochs,
  );
  page.gauge('meshlock_aggregate_ledger_rows', 'Rows of counts kept for verdicts.', figures.ledgerRows);
  page.counter(
    'meshlock_aggregate_ledger_dropped_rows_total',
    'Rows of counts dropped early because there were too many.',
    figures.droppedRows,
  );
  page.counter('meshlock_aggregate_inferences_total', 'Inferences made.', figures.inferences);
  page.counter(
    'meshlock_aggregate_inference_seconds_total',
    'Time that all inferences took.',
    figures.inferenceTotalMs / 1000,
  );
  page.gauge(
    'meshlock_aggregate_last_inference_seconds',
    'Time that the last inference took.',
    figures.inferenceMs / 1000,
  );
  page.gauge('meshlock_aggregate_shards', 'Shards whose nodes are judged too.', figures.shards);
  page.gauge(
    'meshlock_aggregate_missing_shards',
    'Shards that have not answered for the last epoch.',
    figures.missingShards,
  );
  page.gauge('meshlock_aggregate_judged_epoch', 'The last epoch that was judged.', figures.judgedEpoch);
}

function addJournalFigures(page: MetricsPage, aggregator: Aggregator): void {
  const { journal } = aggregator.figures();
  page.gauge('meshlock_aggregate_journal_bytes', 'Size of the state file.', journal.bytes);
  page.counter(
    'meshlock_aggregate_journal_compactions_total',
    'Times the state file was rewritten.',
    journal.compactions,
  );
  page.counter(
    'meshlock_aggregate_journal_errors_total',
    'Writes to the state file that failed.',
    journal.errors,
  );
  page.gauge(
    'meshlock_aggregate_journal_torn_bytes',
    'Bytes of a torn last record that were dropped at the start.',
    journal.tornBytes,
  );
  page.gauge(
    'meshlock_aggregate_journal_damaged_records',
    'Records with a wrong checksum that were skipped at the start.',
    journal.damaged,
  );
}

/** Without history the families are empty: nothing that could be taken for a failing engine. */
function addHistoryFigures(page: MetricsPage, status: HistoryStatus): void {
  const ifOn = (samples: readonly Sample[]) => (status.state === 'off' ? [] : samples);
  page.family(
    'meshlock_aggregate_history_up',
    'gauge',
    'Whether the last question to the history was answered: 1 yes or none was asked yet, 0 no.',
    ifOn([[{}, status.state === 'failing' ? 0 : 1]]),
  );
  page.family(
    'meshlock_aggregate_history_reads_total',
    'counter',
    'Readings of the past of a service by what became of them.',
    ifOn(Object.entries(status.reads).map(([result, value]) => [{ result }, value])),
  );
  page.family(
    'meshlock_aggregate_history_rows',
    'gauge',
    'Rows of counts from history that are kept for verdicts.',
    ifOn([[{}, status.rows]]),
  );
  page.family(
    'meshlock_aggregate_history_last_read_timestamp_seconds',
    'gauge',
    'When history was last read, in Unix time.',
    ifOn(status.lastReadAt === 0 ? [] : [[{}, status.lastReadAt / 1000]]),
  );
}

function sampleOf({ node, service, version, viewpoint }: ViewpointTotal, value: number): Sample {
  return [{ node, service, version, viewpoint }, value];
}
