/** Captures as text, for people with a terminal. */
import type { CaptureRecord, Suspect } from '../../../holmes/index.ts';
import { columns } from './columns.ts';

export function captureTable(records: readonly CaptureRecord[], wallMs: number): string {
  if (records.length === 0) return 'no captures';
  return columns([
    ['id', 'age', 'subject', 'kind', 'sentence'],
    ...records.map(({ id, at, subject, kind, diagnosis }) => [
      id,
      age(wallMs - at),
      subject,
      kind,
      diagnosis.sentence,
    ]),
  ]);
}

export function captureText(record: CaptureRecord, wallMs: number = record.at): string {
  const { id, subject, kind, rule, reason, at, from, to, tookMs, diagnosis, files, program } = record;
  const ago = wallMs > at ? `, ${age(wallMs - at)} ago` : '';
  return [
    diagnosis.sentence,
    '',
    columns([
      ['id', id],
      ['subject', subject],
      ['kind', kind],
      ['at', `${new Date(at).toISOString()}${ago}`],
      ['because', `${rule}: ${reason}`],
      ['covers', `${((to - from) / 1000).toFixed(1)} s, in hand after ${Math.round(tookMs)} ms`],
      ['program', `${program.name} ${program.version}, ${program.configuration}`],
    ]),
    ...(diagnosis.suspects.length === 0 ? [] : ['', 'suspects', ...diagnosis.suspects.map(suspectLine)]),
    '',
    'files',
    ...files.map((file) => `  /captures/${id}.${file.format}  ${file.bytes} bytes`),
  ].join('\n');
}

function suspectLine({ place, construct, share, before, owner }: Suspect): string {
  const facts = [
    `${percent(share)}${before === null ? '' : ` (baseline ${percent(before)})`}`,
    construct ?? '',
    owner,
  ];
  const known = facts.filter((fact) => fact !== '').join(', ');
  return `  ${place.functionName || '(anonymous)'} ${place.file}:${place.line}: ${known}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** The largest unit that fits; a clock that was set back gives no negative age. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
