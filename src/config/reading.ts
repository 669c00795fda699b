/** The outcome of reading one scalar: its value, or what was expected instead and what to do. Never thrown. */

export type Reading<T> = { readonly ok: true; readonly value: T } | Refusal;

interface Refusal {
  readonly ok: false;
  readonly expected: string;
  readonly hint?: string;
}

export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function refuse(expected: string, hint?: string): Refusal {
  return hint === undefined ? { ok: false, expected } : { ok: false, expected, hint };
}
