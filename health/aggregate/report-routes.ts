/** What nodes and applications send: epochs, one or several at a time. */
import type { EpochReport } from '../observe/epoch-report.ts';
import { parseReport, ReportError } from '../observe/parse-report.ts';
import type { Aggregator } from './aggregator.ts';
import { type Answer, json, problem } from './answer.ts';
import type { AcceptResult, Receipt } from './report-intake.ts';

/** In one request; more than a node owes after an outage of an hour. */
const maxReports = 400;

/** 2xx: need not be sent again. Refused ones would be refused again as they are. */
const statusOf: Readonly<Record<AcceptResult, number>> = {
  accepted: 202,
  duplicate: 200,
  too_old: 410,
  refused: 409,
};

export interface Intake {
  readonly aggregator: Aggregator;
  /** Unix milliseconds by the sender's clock, from the `date` header; `null`: it does not say. */
  readonly sentAt: number | null;
  /** Only what an application sees of its own calls. */
  readonly applicationOnly: boolean;
}

export function takeReports(body: unknown, intake: Intake): Answer {
  if (!intake.aggregator.isOpen) return problem(503, 'not open yet', { 'retry-after': '1' });
  if (!Array.isArray(body)) {
    const outcome = takeOne(body, intake);
    return 'problems' in outcome
      ? json(400, { error: 'the report is not valid', problems: outcome.problems })
      : json(statusOf[outcome.result], outcome);
  }
  if (body.length === 0 || body.length > maxReports)
    return problem(400, `a list must have from 1 to ${maxReports} reports`);
  const results = body.map((one) => {
    const outcome = takeOne(one, intake);
    return 'problems' in outcome ? { result: 'invalid', reason: outcome.problems.join('; ') } : outcome;
  });
  const settled = results.every(({ result }) => result === 'accepted' || result === 'duplicate');
  // Each has its own answer; 207 says so.
  return json(settled ? 202 : 207, { results });
}

function takeOne(value: unknown, intake: Intake): Receipt | { readonly problems: readonly string[] } {
  let report: EpochReport;
  try {
    report = parseReport(value);
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    return { problems: error.problems };
  }
  const foreign = report.viewpoints.filter((viewpoint) => viewpoint !== 'caller' && viewpoint !== 'callee');
  if (intake.applicationOnly && foreign.length > 0)
    return { problems: [`an application sees as caller and callee, not as ${foreign.join(', ')}`] };
  return intake.aggregator.receive(report, intake.sentAt);
}

/** `null`: no date, or none that can be read. */
export function sentAtOf(date: string | undefined): number | null {
  const at = Date.parse(date ?? '');
  return Number.isNaN(at) ? null : at;
}
