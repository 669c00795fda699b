/** What release pipelines ask: Flagger's hooks, and Kayenta's remote judge. */
import {
  type FlaggerCall,
  type FlaggerHook,
  flaggerAnswer,
  flaggerRelease,
  parseFlaggerCall,
} from '../verdict/contracts/flagger.ts';
import type { HookAnswer } from '../verdict/contracts/hook-answer.ts';
import { judgeRelated, parseJudgeRequest, releaseInputOf } from '../verdict/contracts/judge-request.ts';
import { judgeAnswer } from '../verdict/contracts/kayenta.ts';
import { judgeRelease } from '../verdict/judge-release.ts';
import type { ReleaseVerdict } from '../verdict/verdict.ts';
import type { VerdictSettings } from '../verdict/verdict-settings.ts';
import type { Aggregator } from './aggregator.ts';
import { type Answer, json, problem } from './answer.ts';
import { unknownRelease } from './unknown-release.ts';

export function answerFlagger(hook: FlaggerHook, body: unknown, aggregator: Aggregator): Answer {
  const call = parseFlaggerCall(body);
  if (call === null) return problem(400, 'the body must be a call of Flagger, with a name');
  if (hook === 'event') {
    noteEvent(call, aggregator);
    return fromHook(flaggerAnswer(hook, null));
  }
  const verdict = flaggerVerdict(call, aggregator);
  const answer = flaggerAnswer(hook, verdict);
  if (hook === 'rollback' && answer.status === 200 && verdict !== null)
    aggregator.rolledBack(verdict.release.service, verdict.release.version);
  return fromHook(answer);
}

/**
 * A release by its order where the hook names one; else the service's newest version, since Flagger's checksum is known to
 * nobody but Flagger.
 */
function flaggerVerdict(call: FlaggerCall, aggregator: Aggregator): ReleaseVerdict | null {
  const { release, service } = flaggerRelease(call);
  const version = call.metadata['version'];
  const named = aggregator.verdict({ release: version ?? release, service });
  if (named !== null || version !== undefined || call.metadata['release'] !== undefined) return named;
  const newest = aggregator.newest(service);
  return newest === undefined ? null : aggregator.verdictOf(newest);
}

function noteEvent(call: FlaggerCall, aggregator: Aggregator): void {
  const { name, namespace, phase, metadata } = call;
  aggregator.note({
    service: metadata['service'] ?? name,
    namespace,
    phase,
    release: metadata['release'] ?? '',
    version: metadata['version'] ?? '',
    message: metadata['eventMessage'] ?? '',
  });
}

export function answerKayenta(
  body: unknown,
  { aggregator, settings, asOf }: { aggregator: Aggregator; settings: VerdictSettings; asOf: number },
): Answer {
  const request = parseJudgeRequest(body);
  if (request === null)
    return problem(400, 'the body must have a canaryConfig, scoreThresholds and a metricSetPairList');
  const related = judgeRelated(request);
  if (related === null)
    return json(200, judgeAnswer(request, judgeRelease(releaseInputOf(request, asOf), settings)));
  const { release, service } = related;
  const query = service === '' ? { release } : { release, service };
  const verdict =
    aggregator.verdict(query) ??
    unknownRelease(query, { asOf, settings, reasons: aggregator.unknownReasons(query) });
  return json(200, judgeAnswer(request, verdict));
}

function fromHook({ status, contentType, body }: HookAnswer): Answer {
  return { status, type: contentType, body: `${body}\n`, headers: {} };
}
