/** A template is read from disk each time a page is drawn, and the event loop waits for the disk. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Culprit, type CulpritOptions, defaultBlockMs } from './culprit.ts';
import { againFor } from './pace.ts';

function drawPage(template: string, title: string): number {
  const text = readFileSync(template, 'utf8');
  return text.length + title.length;
}

export function synchronousFile(options: CulpritOptions = {}): Culprit {
  let folder: string | null = null;
  return {
    name: 'synchronous-file',
    summary: 'reads a file with readFileSync for each request',
    capture: 'cpu',
    guilty: 'drawPage',
    file: 'synchronous-file.ts',
    statement: 'readFileSync(template',
    strike() {
      if (folder === null) {
        folder = mkdtempSync(join(tmpdir(), 'culprit-'));
        writeFileSync(join(folder, 'page.html'), '<p>Grüezi</p>\n'.repeat(40_000));
      }
      const template = join(folder, 'page.html');
      againFor(options.blockMs ?? defaultBlockMs, () => void drawPage(template, 'cart'));
    },
    stop() {
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
      folder = null;
    },
  };
}
