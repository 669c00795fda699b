/**
 * What a sampled heap profile means: how much more is alive than when all was well, and who allocated most of the growth.
 * V8 says which function, not which line of it; the text of the function says what keeps it.
 */
import { placeKey } from '../baseline/baseline.ts';
import { heapTotalKey } from '../baseline/profile-baseline.ts';
import { type HeapPlace, heapPlaces } from '../profile/heap-places.ts';
import type { HeapProfile } from '../profile/heap-profile.ts';
import { growthOfBody } from './construct.ts';
import type { DiagnosisContext } from './context.ts';
import type { Diagnosis, Suspect } from './diagnosis.ts';
import { opening } from './opening.ts';
import { functionAtPosition, namedFunction, placeOf, type ProgramFunction, readerOf } from './place-name.ts';
import { bodyOf } from './source-text.ts';
import { bytes, duration, percent } from './words.ts';

/** The profile counts one of 512 KiB: less than a few samples is noise. */
const minGrowthBytes = 4 * 1024 * 1024;
const clearPart = 0.5;
const leadingPart = 0.3;
const maxSuspects = 5;

interface Grown {
  readonly made: ProgramFunction;
  now: number;
  before: number;
  /** The chain that leads to the place with most bytes. */
  readonly callers: HeapPlace['callers'];
}

export function diagnoseHeap(profile: HeapProfile, context: DiagnosisContext): Diagnosis {
  const { totalBytes, places } = heapPlaces(profile);
  const totalBefore = context.baseline.heapBytes(heapTotalKey);
  const grown = grownPlaces(places, context);
  const growth = totalBytes - (totalBefore ?? 0);
  const suspects = grown
    .slice(0, maxSuspects)
    .map((place) => suspectOf(place, totalBytes, totalBefore, context));
  const change = changeText(totalBytes, totalBefore, context);
  const [first, second] = grown;
  if (first === undefined || growth < minGrowthBytes || gainOf(first) < minGrowthBytes / 2) {
    const small = growth <= 0 ? '' : '; that is no growth to speak of';
    const why = growth < minGrowthBytes ? small : '; no place of the program allocated it';
    return { certainty: 'unclear', sentence: `${change}${why}: unclear`, suspects };
  }
  // Places that shrank make room for others: a part of the growth is at most all of it.
  const part = Math.min(1, gainOf(first) / growth);
  const clear =
    part >= clearPart || (part >= leadingPart && gainOf(first) >= 2 * (second ? gainOf(second) : 0));
  const what = totalBefore === null ? 'it' : 'what grew';
  const by = functionAtPosition(suspects[0]!.place, suspects[0]!.owner);
  if (!clear) {
    const most = `the most, ${percent(part)} of ${what}, was allocated by ${by}`;
    return {
      certainty: 'unclear',
      sentence: `${change}, but no place stands out: ${most}: unclear`,
      suspects,
    };
  }
  const { words } = growthOfBody(bodyOf(readerOf(context, first.made.url), first.made.line));
  const kept = words === '' ? '' : ` (${words})`;
  const sentence = `${change}; ${percent(part)} of ${what} was allocated by ${by}${kept}`;
  return { certainty: 'named', sentence, suspects };
}

/** Most growth first; anonymous functions count as part of the named one around them. */
function grownPlaces(places: readonly HeapPlace[], context: DiagnosisContext): readonly Grown[] {
  const grown = new Map<string, Grown>();
  for (const place of places) {
    const made = namedFunction(context, place);
    const key = placeKey(made.functionName, made.url, made.line);
    const one = grown.get(key) ?? { made, now: 0, before: 0, callers: place.callers };
    grown.set(key, one);
    one.now += place.bytes;
    one.before += context.baseline.heapBytes(placeKey(place.functionName, place.url, place.line)) ?? 0;
  }
  return [...grown.values()].sort((a, b) => gainOf(b) - gainOf(a));
}

function gainOf(place: Grown): number {
  return place.now - place.before;
}

/** `the heap of data thread 1 grew by 212 MB in 3 min, 71 MB a minute`. */
function changeText(totalBytes: number, totalBefore: number | null, context: DiagnosisContext): string {
  const { occasion, title, baseline } = context;
  const start = opening(context);
  const subject =
    start === ''
      ? `the heap of ${title}`
      : `${start}${occasion === 'near_out_of_memory' ? 'it' : 'its heap'}`;
  if (totalBefore === null) return `${subject} holds ${bytes(totalBytes)}`;
  const growth = totalBytes - totalBefore;
  const elapsedMs = context.at - baseline.heapAt;
  const since = elapsedMs > 0 ? ` in ${duration(elapsedMs)}` : '';
  if (growth <= 0) return `${subject} did not grow${since}: it holds ${bytes(totalBytes)}`;
  const rate = elapsedMs >= 90_000 ? `, ${bytes((growth * 60_000) / elapsedMs)} a minute` : '';
  return `${subject} grew by ${bytes(growth)}${since}${rate}`;
}

function suspectOf(
  place: Grown,
  total: number,
  totalBefore: number | null,
  context: DiagnosisContext,
): Suspect {
  const { construct } = growthOfBody(bodyOf(readerOf(context, place.made.url), place.made.line));
  const before =
    totalBefore === null ? null : totalBefore === 0 ? 0 : Math.min(1, place.before / totalBefore);
  return {
    place: placeOf(context, place.made, place.made.line),
    construct,
    share: total === 0 ? 0 : place.now / total,
    before,
    amount: place.now,
    owner: context.ownerOf(place.made.url),
  };
}
