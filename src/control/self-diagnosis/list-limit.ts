/** The parameter `limit` of calls that answer a list, newest first. */
import type { AdminParameter } from '../../admin/index.ts';
import { MeshlockError } from '../../base/index.ts';

const maxLimit = 1000;

/** `otherwise`: how many without it, in words. */
export function limitParameter(otherwise: string): AdminParameter {
  return { name: 'limit', summary: `How many, at most ${maxLimit}; ${otherwise} by default.`, value: 'text' };
}

/** `null`: it was not given. Throws USAGE for what is no such number. */
export function readLimit(text: string | null): number | null {
  if (text === null) return null;
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= maxLimit) return Number(text);
  throw new MeshlockError('USAGE', 'a parameter is not valid', [
    { path: 'limit', expected: `a number from 1 to ${maxLimit}`, got: JSON.stringify(text.slice(0, 60)) },
  ]);
}
