/** Takes the reports of nodes: each once, in its time, by a clock that can be trusted; and hands on what they say. */
import type { Clock } from '../clock.ts';
import type { EpochReport } from '../observe/epoch-report.ts';
import { type EpochWindow, seenKey } from './epoch-window.ts';
import type { NodeRoster } from './node-roster.ts';
import type { PendingState } from './pending-state.ts';
import type { ReleaseCatalog } from './release-catalog.ts';
import { ledgerRows, type ReleaseLedger } from './release-ledger.ts';
import type { ViewpointTotals } from './viewpoint-totals.ts';

export type AcceptResult = 'accepted' | 'duplicate' | 'too_old' | 'refused';

export interface Receipt {
  readonly result: AcceptResult;
  /** One line; empty when accepted. */
  readonly reason: string;
}

export interface IntakeFigures {
  readonly reports: Readonly<Record<AcceptResult, number>>;
  /** Those that came after their epoch was judged. */
  readonly lateReports: number;
}

/** All of it belongs to the aggregator. */
export interface IntakeState {
  readonly clock: Clock;
  readonly window: EpochWindow;
  readonly roster: NodeRoster;
  readonly ledger: ReleaseLedger;
  readonly catalog: ReleaseCatalog;
  readonly pending: PendingState;
  readonly totals: ViewpointTotals;
}

export class ReportIntake {
  readonly #state: IntakeState;
  readonly #reports: Record<AcceptResult, number> = { accepted: 0, duplicate: 0, too_old: 0, refused: 0 };
  #lateReports = 0;

  constructor(state: IntakeState) {
    this.#state = state;
  }

  get figures(): IntakeFigures {
    return { reports: { ...this.#reports }, lateReports: this.#lateReports };
  }

  /** `judged`: the last epoch that was judged; `null`: no reports are taken now. */
  receive(report: EpochReport, sentAt: number | null, judged: number | null): Receipt {
    const receipt = judged === null ? refused('not open') : this.#take(report, sentAt, judged);
    this.#reports[receipt.result]++;
    return receipt;
  }

  #take(report: EpochReport, sentAt: number | null, judged: number): Receipt {
    const { clock, window, roster } = this.#state;
    const { node, incarnation, epoch } = report;
    if (window.admit(seenKey(report), epoch) === 'duplicate') return duplicate;
    const arrival = { node, incarnation, epoch, wall: clock.wall(), sentAt };
    const refusal = roster.refusal(arrival);
    if (refusal !== '') return refused(refusal);
    const admission = window.add(report);
    if (admission === 'duplicate') return duplicate;
    if (admission === 'too_old')
      return { result: 'too_old', reason: `epochs before ${window.floor} are over` };
    if (admission === 'full') return refused('no room for more reports of this epoch');
    roster.arrived(arrival, epoch <= judged);
    this.#keep(report, epoch <= judged);
    return { result: 'accepted', reason: '' };
  }

  #keep(report: EpochReport, isLate: boolean): void {
    const { ledger, catalog, pending, totals } = this.#state;
    if (isLate) {
      this.#lateReports++;
      totals.add(report);
    }
    catalog.learn(report);
    const rows = ledgerRows(report);
    for (const row of rows) ledger.add(report.epoch, row);
    pending.counted(report.epoch, seenKey(report), rows);
  }
}

const duplicate: Receipt = { result: 'duplicate', reason: 'was there before' };

function refused(reason: string): Receipt {
  return { result: 'refused', reason };
}
