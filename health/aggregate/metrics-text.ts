/** The aggregator's own figures, its suspects and verdicts, in the text form of Prometheus. */
import type { Aggregator } from './aggregator.ts';

type Labels = Readonly<Record<string, string>>;

/** Whoever scrapes has bounds too. */
const maxSuspects = 200;
/** Each is made anew once an epoch, and a scrape waits for it. */
const maxVerdicts = 50;

const verdictValue = { pass: 1, inconclusive: 0, fail: -1 } as const;

export function metricsText(aggregator: Aggregator): string {
  const figures = aggregator.figures();
  const lines: string[] = [];
  const family = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    samples: readonly [Labels, number][],
  ) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of samples) lines.push(`${name}${labelText(labels)} ${value}`);
  };
  const one = (name: string, type: 'counter' | 'gauge', help: string, value: number) =>
    family(name, type, help, [[{}, value]]);

  family(
    'meshlock_aggregate_reports_total',
    'counter',
    'Epoch reports by what became of them.',
    Object.entries(figures.reports).map(([result, count]) => [{ result }, count]),
  );
  one(
    'meshlock_aggregate_late_reports_total',
    'counter',
    'Reports that came after their epoch was judged.',
    figures.lateReports,
  );
  one('meshlock_aggregate_nodes', 'gauge', 'Nodes that reported lately.', figures.nodes);
  one('meshlock_aggregate_missing_nodes', 'gauge', 'Nodes that owe the last epoch.', figures.missingNodes);
  one(
    'meshlock_aggregate_window_bytes',
    'gauge',
    'Memory of the kept reports, estimated.',
    figures.windowBytes,
  );
  one(
    'meshlock_aggregate_evicted_epochs_total',
    'counter',
    'Epochs dropped early because memory ran out.',
    figures.evictedEpochs,
  );
  one('meshlock_aggregate_ledger_rows', 'gauge', 'Rows of counts kept for verdicts.', figures.ledgerRows);
  one(
    'meshlock_aggregate_ledger_dropped_rows_total',
    'counter',
    'Rows of counts dropped early because there were too many.',
    figures.droppedRows,
  );
  one('meshlock_aggregate_inferences_total', 'counter', 'Inferences made.', figures.inferences);
  one(
    'meshlock_aggregate_inference_seconds_total',
    'counter',
    'Time that all inferences took.',
    figures.inferenceTotalMs / 1000,
  );
  one(
    'meshlock_aggregate_last_inference_seconds',
    'gauge',
    'Time that the last inference took.',
    figures.inferenceMs / 1000,
  );
  one('meshlock_aggregate_judged_epoch', 'gauge', 'The last epoch that was judged.', figures.judgedEpoch);
  one('meshlock_aggregate_journal_bytes', 'gauge', 'Size of the state file.', figures.journal.bytes);
  one(
    'meshlock_aggregate_journal_compactions_total',
    'counter',
    'Times the state file was rewritten.',
    figures.journal.compactions,
  );
  one(
    'meshlock_aggregate_journal_errors_total',
    'counter',
    'Writes to the state file that failed.',
    figures.journal.errors,
  );
  one(
    'meshlock_aggregate_journal_torn_bytes',
    'gauge',
    'Bytes of a torn last record that were dropped at the start.',
    figures.journal.tornBytes,
  );
  one(
    'meshlock_aggregate_journal_damaged_records',
    'gauge',
    'Records with a wrong checksum that were skipped at the start.',
    figures.journal.damaged,
  );
  family(
    'meshlock_suspect',
    'gauge',
    'Share of its calls that a suspected module breaks.',
    aggregator
      .suspects()
      .slice(0, maxSuspects)
      .map(({ node, kind, service, version, theta }) => [{ node, module: kind, service, version }, theta]),
  );
  family(
    'meshlock_release_verdict',
    'gauge',
    'Verdict on the newest version of a service with several: 1 pass, 0 inconclusive, -1 fail.',
    verdicts(aggregator),
  );
  return `${lines.join('\n')}\n`;
}

function verdicts(aggregator: Aggregator): readonly [Labels, number][] {
  return aggregator
    .underWay()
    .slice(0, maxVerdicts)
    .map((known): [Labels, number] => {
      const { service, version, release } = known;
      return [{ service, version, release }, verdictValue[aggregator.verdictOf(known).verdict]];
    });
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
