/**
 * What leaves the process besides traffic: access logs and spans. Their counters only rise, so what counts is whether
 * they rose since the look before: a loss of last week is over.
 */
import type { ComponentReport, ItemReport } from '../../../health/static.ts';
import { counted, plainReport, reportOf } from './report.ts';

/** One thing that is written to, with what it has lost since the start. */
export interface OutputFacts {
  readonly name: string;
  /** Lines or spans. */
  readonly dropped: number;
  /** Attempts to write that failed. */
  readonly failures: number;
}

/** Remembers one look; one for each component. */
export class OutputHealth {
  #before = new Map<string, OutputFacts>();

  /** `noun`: what they are, `unit`: what they lose. `absent`: what to say when there is none. */
  report(outputs: readonly OutputFacts[], words: OutputWords): ComponentReport {
    const before = this.#before;
    this.#before = new Map(outputs.map((output) => [output.name, output]));
    if (outputs.length === 0) return plainReport('healthy', words.absent);
    return reportOf(
      outputs.map((output) => outputItem(output, before.get(output.name), words.unit)),
      counted(outputs.length, words.noun),
    );
  }
}

export interface OutputWords {
  readonly noun: string;
  readonly unit: string;
  readonly absent: string;
}

function outputItem(now: OutputFacts, before: OutputFacts | undefined, unit: string): ItemReport {
  const { name, dropped, failures } = now;
  const lost = dropped - (before?.dropped ?? 0);
  const failed = failures - (before?.failures ?? 0);
  const ever = `since the start: ${counted(dropped, unit)} dropped, ${counted(failures, 'failure')}`;
  if (lost > 0) return { name, status: 'degraded', detail: `${counted(lost, unit)} dropped lately; ${ever}` };
  if (failed > 0) return { name, status: 'degraded', detail: `cannot be written; ${ever}` };
  return { name, status: 'healthy', detail: ever };
}
