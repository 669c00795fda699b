/** What the proof asks of a live Prometheus beyond queries: values of labels, its rules and its targets. */

export interface LiveRule {
  readonly name: string;
  readonly query: string;
  readonly type: 'alerting' | 'recording';
  /** `ok`, `err`, or `unknown` before it was first evaluated. */
  readonly health: string;
  readonly lastError?: string;
  /** Of an alert: `inactive`, `pending` or `firing`. */
  readonly state?: string;
}

export interface LiveTarget {
  readonly health: string;
  readonly lastError: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Seconds of Unix time, both included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const timeoutMs = 10_000;

/** Values that a label has on the series of a selector; of any series without one. */
export async function labelValues(
  url: string,
  label: string,
  selector: string | null,
  { from, to }: Span,
): Promise<readonly string[]> {
  const question = new URLSearchParams({ start: String(from), end: String(to) });
  if (selector !== null) question.set('match[]', selector);
  return ask<readonly string[]>(
    `${url}/api/v1/label/${encodeURIComponent(label)}/values?${question.toString()}`,
  );
}

export async function liveRules(url: string): Promise<readonly LiveRule[]> {
  const { groups } = await ask<{ groups: readonly { rules: readonly LiveRule[] }[] }>(`${url}/api/v1/rules`);
  return groups.flatMap(({ rules }) => rules);
}

export async function liveTargets(url: string): Promise<readonly LiveTarget[]> {
  const { activeTargets } = await ask<{ activeTargets: readonly LiveTarget[] }>(
    `${url}/api/v1/targets?state=active`,
  );
  return activeTargets;
}

async function ask<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  const answer = (await response.json()) as { status: string; error?: string; data: T };
  if (answer.status !== 'success') throw new Error(`${url}: ${answer.error ?? response.status}`);
  return answer.data;
}
