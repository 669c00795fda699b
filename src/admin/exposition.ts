/** Leaves metric families out of a finished exposition (Prometheus text or OpenMetrics) without knowing what made it. */
import type { Pattern } from './pattern.ts';

export interface FamilySelection {
  /** Drop families whose every sample is 0. */
  readonly usedOnly: boolean;
  /** Keep families in whose name (as after `# TYPE`) this is found. */
  readonly filter: Pattern | null;
}

/** Metric name, labels (whose quoted values may hold anything), then the value. */
const sample = /^[A-Za-z_:][\w:]*(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})? +(\S+)/;

export function selectFamilies(body: string, selection: FamilySelection): string {
  const kept: string[] = [];
  let family: string[] = [];
  let name = '';
  const finish = (): void => {
    if (family.length > 0 && isWanted(name, family, selection)) kept.push(...family);
    family = [];
  };
  let ending = '';
  for (const line of body.split('\n')) {
    if (line === '# EOF') {
      ending = '# EOF\n';
      continue;
    }
    const described = /^# (?:HELP|TYPE|UNIT) (\S+)/.exec(line)?.[1];
    if (described !== undefined && described !== name) {
      finish();
      name = described;
    }
    if (line !== '') family.push(line);
  }
  finish();
  return kept.length === 0 ? ending : `${kept.join('\n')}\n${ending}`;
}

function isWanted(name: string, family: readonly string[], selection: FamilySelection): boolean {
  if (selection.filter !== null && !selection.filter.find(name)) return false;
  if (!selection.usedOnly) return true;
  return family.some((line) => {
    const value = sample.exec(line)?.[1];
    return value !== undefined && Number(value) !== 0;
  });
}
