/** The known name that a mistyped one most likely meant, by Levenshtein distance. */

/** Longer input is cut before it is compared: the work stays bounded whatever a caller sends. */
const comparedLength = 64;

/** The nearest of `names`, however far, the first of equals; empty when `names` is. */
export function nearestName(wrong: string, names: readonly string[]): string {
  return nearest(wrong, names).name;
}

/** A `hint` for a problem when one of `names` is close enough to be what was meant, else nothing. */
export function didYouMean(wrong: string, names: readonly string[]): { readonly hint?: string } {
  const { name, distance } = nearest(wrong, names);
  return distance <= Math.max(1, wrong.length / 3) ? { hint: `did you mean ${name}?` } : {};
}

function nearest(wrong: string, names: readonly string[]): { name: string; distance: number } {
  const typed = wrong.slice(0, comparedLength).toLowerCase();
  let best = { name: '', distance: Number.POSITIVE_INFINITY };
  for (const name of names) {
    const distance = editDistance(typed, name.slice(0, comparedLength).toLowerCase());
    if (distance < best.distance) best = { name, distance };
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
