/** Errors across the border of a thread: the monitor's own kinds arrive as what they were. */
import { CaptureRefused, SettingsError } from '../monitor/view.ts';
import type { PlainError } from './messages.ts';

export function toPlain(cause: unknown): PlainError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { reason, problems } = error as Error & { readonly reason?: unknown; readonly problems?: unknown };
  return { name: error.name, message: error.message, reason: reason ?? null, problems: problems ?? null };
}

export function fromPlain({ name, message, reason, problems }: PlainError): Error {
  if (name === 'CaptureRefused') return new CaptureRefused(reason as CaptureRefused['reason'], message);
  if (name === 'SettingsError') return new SettingsError(problems as SettingsError['problems']);
  const error = new Error(message);
  error.name = name;
  return error;
}
