/** Hints for a mistyped word. The configuration room, which knows how to find the nearest name, is loaded only then. */

/** `hint` of a problem: the nearest of `names` behind `prefix`, or `otherwise` when none is near. */
export async function didYouMean(
  word: string,
  names: readonly string[],
  { prefix = '', otherwise }: { readonly prefix?: string; readonly otherwise?: string } = {},
): Promise<{ readonly hint?: string }> {
  const { nearestName } = await import('../config/index.ts');
  const nearest = nearestName(word, names);
  const hint = nearest === undefined ? otherwise : `did you mean ${prefix}${nearest}?`;
  return hint === undefined ? {} : { hint };
}
