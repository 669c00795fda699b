/** What an engine's refusal means and what to do about it. */
import type { EngineAddress } from './engine-address.ts';
import { HistoryError } from './history-error.ts';

/** Of the answer's body: enough for its sentence. */
const maxBodyBytes = 4096;
const maxSentence = 300;

/** Reads the beginning of the body; for every status but 200. */
export async function refusalOf(response: Response, address: EngineAddress): Promise<HistoryError> {
  const { status } = response;
  const said = hide(sentenceIn(await beginning(response)), address.secrets).slice(0, maxSentence);
  const answers = `${address.base.href} answers ${status}${said === '' ? '' : ` (${said})`}`;
  if (status === 401 || status === 403)
    return new HistoryError('denied', `${answers}: give a token that may query`);
  if (status === 400 || status === 422) return new HistoryError('query', `${answers}: correct the query`);
  if (status === 429 || status >= 500)
    return new HistoryError('busy', `${answers}: ask again later, or for fewer hours`);
  const where = status >= 300 && status < 400 ? `, towards ${targetOf(response, address.base)}` : '';
  return new HistoryError('address', `${answers}${where}: the address must end where /api/v1 begins`);
}

async function beginning(response: Response): Promise<string> {
  let bytes = Buffer.alloc(0);
  for await (const piece of response.body ?? []) {
    bytes = Buffer.concat([bytes, piece]);
    if (bytes.length >= maxBodyBytes) break;
  }
  return bytes.subarray(0, maxBodyBytes).toString();
}

/** The engine's own sentence, or whatever came, on one line. */
function sentenceIn(text: string): string {
  return errorIn(text).replaceAll(/\s+/g, ' ').trim();
}

function errorIn(text: string): string {
  try {
    const body = JSON.parse(text) as { readonly error?: unknown } | null;
    return typeof body?.error === 'string' ? body.error : text;
  } catch {
    return text;
  }
}

function hide(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '[redacted]'), text);
}

/** Without what a redirect may carry in its query, or as a password. */
function targetOf(response: Response, base: URL): string {
  const to = URL.parse(response.headers.get('location') ?? '', base.href);
  return to === null ? 'nowhere' : `${to.origin}${to.pathname}`;
}
