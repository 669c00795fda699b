/** The valid name that somebody who wrote an invalid one most likely meant. */

/** The work grows with the product of two lengths; no valid name is longer. */
const longestName = 256;

/** Undefined when nothing is close: a wrong guess costs more than none. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > longestName) return undefined;
  const all = [...candidates].filter((candidate) => candidate.length <= longestName);
  return closest(name, all) ?? onlyExtension(name, all);
}

/** The `hint` of a problem: the name that was meant, behind `prefix`, or `otherwise` when none is near. */
export function didYouMean(
  word: string,
  names: Iterable<string>,
  { prefix = '', otherwise }: { readonly prefix?: string; readonly otherwise?: string } = {},
): { readonly hint?: string } {
  const nearest = nearestName(word, names);
  const hint = nearest === undefined ? otherwise : `did you mean ${prefix}${nearest}?`;
  return hint === undefined ? {} : { hint };
}

/** The candidate within an edit for every three letters. */
function closest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = normalise(name);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, normalise(candidate), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `max_pending` for `max_pending_requests`, `warning` for `warn`: one begins the other, and no third name does. */
function onlyExtension(name: string, candidates: readonly string[]): string | undefined {
  const wanted = normalise(name);
  const matches = candidates.filter((candidate) => {
    const [short = '', long = ''] = [wanted, normalise(candidate)].sort((a, b) => a.length - b.length);
    return short.length >= 4 && long.startsWith(short);
  });
  return matches.length === 1 ? matches[0] : undefined;
}

/** camelCase and kebab-case are read as snake_case. */
function normalise(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment); gives up at `limit`. */
export function editDistance(a: string, b: string, limit: number = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
