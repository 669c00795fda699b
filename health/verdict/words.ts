/** Numbers as people read them, in the sentences of a verdict. */

export function count(value: number, noun: string): string {
  return `${Math.round(value).toLocaleString('en-US')} ${noun}${Math.round(value) === 1 ? '' : 's'}`;
}

/** Two digits that matter: `0.12 %`, `5 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** Evidence to one: `140`, `12,000`, `over a million`. */
export function odds(evidence: number): string {
  if (evidence > 1e6) return 'over a million';
  return Number(Math.floor(evidence).toPrecision(evidence < 1000 ? 3 : 2)).toLocaleString('en-US');
}

export function times(ratio: number): string {
  return `${Number(ratio.toPrecision(2))} times`;
}
