/** What an answer of `/v1/health` comes to. Pure; the answer is read with suspicion, because another process made it. */
import { isObject, type JsonObject, objectOf, objectsOf, textOf } from '../admin/json.ts';

export type Outcome = 'pass' | 'fail' | 'inconclusive';

export const exitCodes: Readonly<Record<Outcome, number>> = { pass: 0, fail: 1, inconclusive: 3 };

export interface Finding {
  readonly outcome: Outcome;
  /** Why; empty when there is nothing to say. */
  readonly reason: string;
  /** What is not well, a line each. */
  readonly lines: readonly string[];
}

interface Check {
  readonly name: string;
  readonly word: string;
  readonly observed: string;
  readonly freshness: string;
  readonly required: boolean;
  readonly detail: string;
}

/** `null`: not the answer of a proxy. */
export function findingOf(answer: unknown, component: string | null): Finding | null {
  if (!isObject(answer) || !['pass', 'warn', 'fail'].includes(textOf(answer['status']))) return null;
  const checks = checksOf(answer);
  return component === null ? wholeFinding(answer, checks) : componentFinding(component, checks);
}

function wholeFinding(answer: JsonObject, checks: readonly Check[]): Finding {
  const lines = checks.filter(({ word }) => word !== 'pass').map(lineOf);
  if (textOf(answer['status']) !== 'fail') return { outcome: 'pass', reason: '', lines };
  const required = checks.filter((check) => check.required);
  const isComing = required.some(isUnknown) && !required.some(({ word }) => word === 'fail');
  return { outcome: isComing ? 'inconclusive' : 'fail', reason: textOf(answer['output']), lines };
}

function componentFinding(name: string, checks: readonly Check[]): Finding {
  const check = checks.find((each) => each.name === name);
  if (check === undefined) {
    const names = checks.map((each) => each.name).join(', ');
    return { outcome: 'fail', reason: `there is no component ${name}: there are ${names}`, lines: [] };
  }
  const outcome = check.word === 'fail' ? 'fail' : isUnknown(check) ? 'inconclusive' : 'pass';
  return { outcome, reason: check.detail, lines: [] };
}

/** It is starting, or nobody has looked lately: no reason to say either. */
function isUnknown({ observed, freshness }: Check): boolean {
  return observed === 'starting' || freshness === 'unknown' || freshness === 'stale';
}

function checksOf(answer: JsonObject): readonly Check[] {
  return Object.entries(objectOf(answer['checks'])).flatMap(([key, values]) => {
    const [check] = objectsOf(values);
    if (!key.endsWith(':status') || check === undefined) return [];
    return [
      {
        name: textOf(check['componentId']),
        word: textOf(check['status']),
        observed: textOf(check['observedValue']),
        freshness: textOf(check['freshness']),
        required: check['required'] === true,
        detail: detailOf(check),
      },
    ];
  });
}

/** With the id of the capture that may show why. */
function detailOf(check: JsonObject): string {
  const detail = textOf(check['output']) || textOf(check['detail']);
  const capture = textOf(check['capture']);
  return capture === '' ? detail : `${detail} (capture ${capture})`;
}

function lineOf({ name, observed, detail }: Check): string {
  return `${name} ${observed}: ${detail}`;
}
