/** One JSON endpoint that is asked again and again. Keeps the last good answer, when it came, and what went wrong since. */
import { here, setByAnswer } from './clock.js';

/** A proxy that is there answers in milliseconds, also while its data threads are stuck. */
const timeoutMs = 8000;

export class Refused extends Error {
  name = 'Refused';

  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Rejects with `Refused` for an answer that is not good, and with an Error for none. */
export async function ask(path, { method = 'GET', signal } = {}) {
  const request = { method, headers: { accept: 'application/json' }, cache: 'no-store', signal };
  const response = await fetch(path, request).catch((error) => {
    throw error.name === 'TypeError'
      ? new Error('no answer: the connection failed', { cause: error })
      : error;
  });
  setByAnswer(response.headers.get('date'));
  const text = await response.text();
  if (!response.ok) throw new Refused(response.status, refusalIn(text) || `status ${response.status}`);
  return text === '' ? null : JSON.parse(text);
}

/** What a refusal says, with all its problems. */
function refusalIn(text) {
  try {
    const { error = '', problems = [] } = JSON.parse(text);
    const details = problems.map(({ path, expected, got }) => `${path}: expected ${expected}, got ${got}`);
    return [error, ...details].join('; ');
  } catch {
    return text.trim().slice(0, 300);
  }
}

export class Source {
  /** The last good answer; `null` before the first. */
  value = null;
  /** When it came, by the clock here. */
  at = 0;
  /** What the last attempt met; `null` when it was good. */
  error = null;
  #path;
  /** @type {Promise<void> | null} */
  #loading = null;

  /** `path` is a function, because parameters may change. */
  constructor(path) {
    this.#path = path;
  }

  get path() {
    return this.#path();
  }

  /**
   * Never rejects. One at a time: a call while one is under way waits for that.
   * @returns {Promise<void>}
   */
  load() {
    this.#loading ??= this.#ask().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #ask() {
    const path = this.path;
    try {
      this.value = await ask(path, { signal: AbortSignal.timeout(timeoutMs) });
      this.at = here();
      this.error = null;
    } catch (error) {
      const late = error.name === 'TimeoutError';
      this.error = late ? new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error }) : error;
    }
  }
}
