/** What a handle profile means: what piles up, how much of it, who made it, and since when. */
import { type HandlePlaces, handlePlaces } from '../profile/handle-places.ts';
import type { HandleProfile } from '../profile/handle-profile.ts';
import type { DiagnosisContext } from './context.ts';
import type { Diagnosis, Suspect } from './diagnosis.ts';
import {
  bufferFinding,
  creationFinding,
  type HandleFinding,
  handleFinding,
  listenerFinding,
  wordsOf,
} from './handle-finding.ts';
import { opening } from './opening.ts';
import { count, percent } from './words.ts';

const maxSuspects = 5;

export function diagnoseHandles(profile: HandleProfile, context: DiagnosisContext): Diagnosis {
  const places = handlePlaces(profile);
  const held = places.places.map((place) => handleFinding(place, places, context));
  const buffers = bufferFinding(profile, context);
  const rest = [listenerFinding(profile, context), creationFinding(profile, context)];
  const findings = [...held, buffers, ...rest]
    .filter((finding) => finding !== null)
    .sort((a, b) => weightFor(context, b) - weightFor(context, a) || b.suspect.amount - a.suspect.amount);
  const suspects = differing(findings.map((finding) => finding.suspect)).slice(0, maxSuspects);
  const [first] = findings;
  const begin = opening(context);
  const subject = begin === '' ? context.title : `${begin}it`;
  if (first !== undefined && first.weight >= 1)
    return { certainty: 'named', sentence: `${subject} ${first.text}`, suspects };
  return { certainty: 'unclear', sentence: `${subject} ${summary(profile, places)}: unclear`, suspects };
}

/** One place may be found in two ways: what it holds, and what it makes. */
function differing(suspects: readonly Suspect[]): readonly Suspect[] {
  const seen = new Set<string>();
  return suspects.filter(({ place, construct }) => {
    const key = `${place.functionName} ${place.url} ${place.line} ${construct}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** What the rule looked at comes first: a reading of buffers is not explained by sockets. */
function weightFor(context: DiagnosisContext, { weight, suspect }: HandleFinding): number {
  const buffers = suspect.construct === 'buffers';
  if (context.occasion === 'external') return buffers && weight >= 1 ? weight * 1000 : weight;
  if (context.occasion === 'handles' || context.occasion === 'descriptors')
    return buffers ? weight / 1000 : weight;
  return weight;
}

function summary(profile: HandleProfile, { total, places }: HandlePlaces): string {
  const active = Object.entries(profile.activeByType).sort((a, b) => b[1] - a[1])[0];
  const [first] = places;
  if (first === undefined) {
    const counted = active === undefined ? '' : `; Node counts ${count(active[1])} ${wordsOf(active[0])}`;
    return `holds no handle whose origin is known${counted}`;
  }
  const [peer] = first.peers;
  const on = peer !== undefined && first.kind === 'tcp-server' ? ` on ${peer.peer}` : '';
  const most = `${count(first.count)} ${wordsOf(first.kind)}${on}, ${percent(first.count / total)}`;
  const origin = first.maker === null ? ', made by no function that is known' : '';
  return `holds ${count(total)} handles, most of them ${most}${origin}; no place stands out`;
}
