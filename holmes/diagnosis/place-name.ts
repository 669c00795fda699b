/** Places as a sentence names them. */
import { pathOf } from '../profile/frame-origin.ts';
import type { DiagnosisContext } from './context.ts';
import type { Place } from './diagnosis.ts';
import { enclosingFunction, type LineReader } from './source-text.ts';

/** Reads the file of a URL through the context. */
export function readerOf(context: DiagnosisContext, url: string): LineReader {
  return (line) => context.sourceLine(url, line);
}

/** A function of a profile; the line where it begins, from 1. */
export interface ProgramFunction {
  readonly functionName: string;
  readonly url: string;
  readonly line: number;
}

/** The function itself, or for an anonymous one the named function around it: that is what people look for. */
export function namedFunction(context: DiagnosisContext, made: ProgramFunction): ProgramFunction {
  if (made.functionName !== '') return made;
  const around = enclosingFunction(readerOf(context, made.url), made.line);
  return around === null ? made : { ...made, functionName: around.functionName, line: around.line };
}

export function placeOf(context: DiagnosisContext, made: ProgramFunction, line: number): Place {
  return { functionName: made.functionName, file: fileOf(context, made.url), line, url: made.url };
}

/** `cache.ts:12`. */
function position(place: Place): string {
  return place.line > 0 ? `${place.file}:${place.line}` : place.file;
}

/** `filters/user/audit.ts:31, in function audit (filter audit)`. */
export function positionInFunction(place: Place, owner: string): string {
  const name = place.functionName === '' ? 'an anonymous function' : `function ${place.functionName}`;
  return `${position(place)}, in ${name}${ownedBy(owner)}`;
}

/** `remember() at cache.ts:12 (filter audit)`. */
export function functionAtPosition(place: Place, owner: string): string {
  const name = place.functionName === '' ? 'an anonymous function' : `${place.functionName}()`;
  return `${name} at ${position(place)}${ownedBy(owner)}`;
}

function ownedBy(owner: string): string {
  return owner === '' ? '' : ` (${owner})`;
}

/** From the package on, or the last two folders: enough to tell files apart, short enough to read. */
function fileOf(context: DiagnosisContext, url: string): string {
  const given = context.fileName(url);
  if (given !== null) return given;
  const path = pathOf(url).replaceAll('\\', '/');
  const inPackage = path.split('/node_modules/');
  if (inPackage.length > 1) return inPackage.at(-1)!;
  return path.split('/').slice(-3).join('/').replace(/^\//, '');
}
