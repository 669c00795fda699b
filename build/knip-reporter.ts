/** Tells how much knip looked at, which none of its own reporters does: a look at nothing finds nothing. */
import type { ReporterOptions } from 'knip';

export default function report({ counters }: ReporterOptions): void {
  console.log(`knip examined ${counters.processed} files`);
}
