/** The table of docs/culprits.md, made of what was shown. */
import type { Shown } from './show.ts';

const begin = '<!-- table: begin (made by npm run demo:culprit -- --write) -->';
const end = '<!-- table: end -->';

/** `page` with the part between the marks made anew. */
export function withTable(page: string, shown: readonly Shown[]): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`docs/culprits.md needs the lines ${begin} and ${end}`);
  const rows = shown.map(row).join('\n');
  return `${page.slice(0, from + begin.length)}

| culprit | caught by | named | after | what it said |
|---|---|---|---|---|
${rows}

${page.slice(to)}`;
}

function row({ culprit, summary, capture, named, tookMs }: Shown): string {
  const what = `**${culprit}**: ${summary}`;
  if (capture === null) return `| ${what} | no | no | | |`;
  const sentence = capture.diagnosis.sentence.replaceAll('|', '\\|');
  const took = `${(tookMs / 1000).toFixed(1)} s`;
  return `| ${what} | \`${capture.rule}\` (${capture.kind}) | ${named ? 'yes' : 'no'} | ${took} | ${sentence} |`;
}
