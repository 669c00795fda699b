/**
 * TypeScript to JavaScript without moving a character: types become spaces and `.ts` in the name of a module becomes
 * `.js`, so a stack, a profile or a break point in what is shipped points at the line and column of the source.
 */
import { stripTypeScriptTypes } from 'node:module';
import { moduleReferences, typeScriptPathLiterals } from './module-references.ts';

/** The JavaScript of one module. Throws, naming the module, where it cannot stand in for the source. */
export function emitJavaScript(path: string, source: string): string {
  const stripped = stripTypes(path, source);
  requireSameShape(path, source, stripped);
  const rewritten = rewriteSpecifiers(path, source, stripped, (typeOnly) => !typeOnly);
  const outputPath = path.replace(/\.ts$/, '.js');
  requireNoTypeScriptName(outputPath, rewritten);
  return rewritten;
}

/** The declarations of one module, with the names that its JavaScript has. */
export function emitDeclarations(path: string, source: string): string {
  const rewritten = rewriteSpecifiers(path, source, source, () => true);
  requireNoTypeScriptName(path, rewritten);
  return rewritten;
}

/** Puts `.js` for `.ts` into `target`, at the places where `source`, which has the same positions, names a module. */
function rewriteSpecifiers(
  path: string,
  source: string,
  target: string,
  wanted: (typeOnly: boolean) => boolean,
): string {
  let result = '';
  let copied = 0;
  for (const { specifier, typeOnly, end } of moduleReferences(path, source)) {
    if (!wanted(typeOnly) || !isRelative(specifier) || !specifier.endsWith('.ts')) continue;
    const extension = end - '.ts'.length - 1;
    result += `${target.slice(copied, extension)}.js`;
    copied = extension + '.js'.length;
  }
  return result + target.slice(copied);
}

function stripTypes(path: string, source: string): string {
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' });
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function requireSameShape(path: string, source: string, stripped: string): void {
  const before = source.split('\n');
  const after = stripped.split('\n');
  const moved = before.findIndex((line, index) => line.length !== after[index]?.length);
  if (moved !== -1 || before.length !== after.length)
    throw new Error(`${path}:${moved + 1}: stripping the types moved the text of this line`);
}

function requireNoTypeScriptName(path: string, text: string): void {
  const named = moduleReferences(path, text).filter(
    ({ specifier }) => isRelative(specifier) && specifier.endsWith('.ts'),
  );
  const literals = path.endsWith('.js') ? typeScriptPathLiterals(path, text) : [];
  const left = [...named.map(({ specifier }) => specifier), ...literals];
  if (left.length > 0)
    throw new Error(
      `${path}: still names ${left.join(', ')}: write it as an import or as new URL('…', import.meta.url), ` +
        'which the build rewrites',
    );
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../');
}
