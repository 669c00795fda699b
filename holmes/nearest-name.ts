/** The name that somebody who wrote an unknown one most likely meant. The proxy has its own; this room stands alone. */

/** The work grows with the product of two lengths. */
const longestName = 64;

/** `interval_ms` -> `intervalMs`; `null` when nothing is near, because a wrong guess costs more than none. */
export function nearestName(name: string, names: readonly string[]): string | null {
  if (name.length > longestName) return null;
  const wanted = plain(name);
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of names) {
    const distance = edits(wanted, plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** However its words are put together. */
function plain(name: string): string {
  return name.replaceAll(/[-_ ]/g, '').toLowerCase();
}

/** Letters to be inserted, removed or replaced to make one of the other. */
function edits(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
