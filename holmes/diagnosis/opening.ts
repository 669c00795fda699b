/** How a sentence begins: with what happened, when that is more than a reading that jumped. */
import type { DiagnosisContext } from './context.ts';

/** Ends with `: ` or `; `, or is empty. */
export function opening(context: DiagnosisContext): string {
  const { title, occasion, detail } = context;
  const about = detail === '' ? '' : ` (${shortened(detail)})`;
  switch (occasion) {
    case 'exception':
      return `${title} ended by an error that nobody caught${about}: `;
    case 'out_of_memory':
      return `${title} ran out of memory${about}: `;
    case 'near_out_of_memory': {
      const level = detail === '' ? 'near its limit' : `at ${detail} of its limit`;
      return `the heap of ${title} is ${level}: `;
    }
    case 'gc':
      return `${title} spends its time collecting garbage: `;
    default:
      return '';
  }
}

/** One line, not too long to read. */
function shortened(detail: string): string {
  const [line = ''] = detail.split('\n');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
