/** Answers of the demonstration's programs, over HTTP as anybody would ask. */

const timeoutMs = 3000;

export interface AskOptions {
  /** Bearer token. */
  readonly token?: string;
  /** A status besides 2xx whose body is an answer, too. */
  readonly also?: number;
}

/** What answers with JSON. Rejects for any other status, with what was said, and after 3 s. */
export async function fetched<T>(url: string, { token = '', also }: AskOptions = {}): Promise<T> {
  const answer = await ask(url, token);
  const text = await answer.text();
  if (!answer.ok && answer.status !== also) throw new Error(`${url}: ${answer.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

/** Its status; 0 when nobody answers. */
export async function statusOf(url: string): Promise<number> {
  const answer = await ask(url, '').catch(() => null);
  await answer?.body?.cancel();
  return answer?.status ?? 0;
}

function ask(url: string, token: string): Promise<Response> {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  return fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
}
