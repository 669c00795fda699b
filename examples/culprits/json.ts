/** The whole catalogue is parsed for each request, because somebody wanted a copy that may be changed. */
import { type Culprit, type CulpritOptions, defaultBlockMs } from './culprit.ts';
import { againFor } from './pace.ts';

interface Product {
  id: number;
  title: string;
  tags: string[];
}

function copyOfCatalogue(text: string): Product[] {
  return JSON.parse(text) as Product[];
}

export function json(options: CulpritOptions = {}): Culprit {
  const blockMs = options.blockMs ?? defaultBlockMs;
  let text = '';
  return {
    name: 'json',
    summary: 'parses a large JSON text for each request',
    capture: 'cpu',
    guilty: 'copyOfCatalogue',
    file: 'json.ts',
    statement: 'JSON.parse(text)',
    strike() {
      // Parsing takes about 10 ms for 5,000 products.
      text ||= catalogue(blockMs < 100 ? 2500 : 200_000);
      againFor(blockMs, () => void copyOfCatalogue(text));
    },
    stop() {
      text = '';
    },
  };
}

/** Put together as text: to write it with `JSON.stringify` would block as long as to parse it. */
function catalogue(products: number): string {
  const product = '{"id":1,"title":"product","tags":["new","shelf","in stock"]}';
  return `[${`${product},`.repeat(products - 1)}${product}]`;
}
