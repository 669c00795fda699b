/**
 * `%START_TIME(format)%`: a strftime format in UTC with Envoy's fractions of a second. All that changes once a second
 * at most is kept as text; only the fraction is made anew for each line.
 */

/** Envoy's own: `2026-11-20T07:13:00.123Z`. */
export const defaultTimeFormat = '%Y-%m-%dT%H:%M:%S.%3fZ';

export interface TimeFormat {
  /** `ms`: Unix milliseconds with a fraction. */
  format(ms: number): string;
}

const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const specifiers: Readonly<Record<string, (at: Date) => string>> = {
  Y: (at) => String(at.getUTCFullYear()),
  y: (at) => padded(at.getUTCFullYear() % 100),
  m: (at) => padded(at.getUTCMonth() + 1),
  d: (at) => padded(at.getUTCDate()),
  e: (at) => String(at.getUTCDate()).padStart(2, ' '),
  H: (at) => padded(at.getUTCHours()),
  I: (at) => padded(at.getUTCHours() % 12 === 0 ? 12 : at.getUTCHours() % 12),
  M: (at) => padded(at.getUTCMinutes()),
  S: (at) => padded(at.getUTCSeconds()),
  p: (at) => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
  j: (at) => padded(dayOfYear(at), 3),
  a: (at) => dayNames[at.getUTCDay()]!.slice(0, 3),
  A: (at) => dayNames[at.getUTCDay()]!,
  b: (at) => monthNames[at.getUTCMonth()]!.slice(0, 3),
  B: (at) => monthNames[at.getUTCMonth()]!,
  F: (at) => at.toISOString().slice(0, 10),
  T: (at) => at.toISOString().slice(11, 19),
  R: (at) => at.toISOString().slice(11, 16),
  s: (at) => String(Math.floor(at.getTime() / 1000)),
  Z: () => 'UTC',
  z: () => '+0000',
  '%': () => '%',
};

/** Digits of a fraction of a second, or text that is fixed for a second. */
type Piece = { readonly digits: number } | { readonly text: (at: Date) => string };

/** Pieces of a format, or what is wrong with it. */
export function parseTimeFormat(format: string): { pieces: readonly Piece[]; problems: readonly string[] } {
  const pieces: Piece[] = [];
  const problems: string[] = [];
  // A fraction (%3f, %f), Envoy's seconds with a fraction (%E3S), or one letter.
  const pattern = /%(?:([1-9]?)f|E([1-9])S|(.))|[^%]+|%$/gsu;
  for (const match of format.matchAll(pattern)) {
    const [text, fraction, extended, letter] = match;
    if (fraction !== undefined) pieces.push({ digits: fraction === '' ? 9 : Number(fraction) });
    else if (extended !== undefined) {
      pieces.push({ text: (at) => `${padded(at.getUTCSeconds())}.` }, { digits: Number(extended) });
    } else if (letter !== undefined && Object.hasOwn(specifiers, letter)) {
      pieces.push({ text: specifiers[letter]! });
    } else if (letter !== undefined || text === '%') {
      problems.push(`unknown time specifier "${text}"; known are ${knownSpecifiers}`);
    } else pieces.push({ text: () => text });
  }
  return { pieces, problems };
}

const knownSpecifiers = `${Object.keys(specifiers)
  .map((letter) => `%${letter}`)
  .join(' ')} %f %1f..%9f %E1S..%E9S`;

/** The format must have no problems. One formatter belongs to one thread. */
export function compileTimeFormat(format: string): TimeFormat {
  const { runs, fractions } = groupPieces(parseTimeFormat(format).pieces);
  let second = Number.NaN;
  let texts: readonly string[] = [];
  return {
    format(ms: number): string {
      const now = Math.floor(ms / 1000);
      if (now !== second) {
        second = now;
        const at = new Date(now * 1000);
        texts = runs.map((run) => run.map((text) => text(at)).join(''));
      }
      let out = texts[0]!;
      for (let i = 0; i < fractions.length; i++) {
        out += fractionOf(ms - now * 1000, fractions[i]!) + texts[i + 1]!;
      }
      return out;
    },
  };
}

/** Runs of text around the fractions: one run more than there are fractions. */
function groupPieces(pieces: readonly Piece[]): {
  readonly runs: readonly (readonly ((at: Date) => string)[])[];
  readonly fractions: readonly number[];
} {
  const runs: ((at: Date) => string)[][] = [[]];
  const fractions: number[] = [];
  for (const piece of pieces) {
    if ('text' in piece) runs.at(-1)!.push(piece.text);
    else {
      fractions.push(piece.digits);
      runs.push([]);
    }
  }
  return { runs, fractions };
}

/** `ms` into its second, cut (not rounded) to `digits` places. A leading one keeps the zeros behind it. */
function fractionOf(ms: number, digits: number): string {
  const whole = 10 ** digits;
  return String(whole + Math.min(whole - 1, Math.floor((ms * whole) / 1000))).slice(1);
}

function padded(value: number, width: number = 2): string {
  return String(value).padStart(width, '0');
}

function dayOfYear(at: Date): number {
  return Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}
