/**
 * A Fastify application that watches itself: one import and one call. It has a fault planted, as any program may have
 * one: the search compiles what the customer typed into a regular expression that backtracks without end.
 *
 *   node examples/library/shop.ts
 *   curl 'http://127.0.0.1:3000/search?q=lamp'
 *   curl 'http://127.0.0.1:3000/search?q=aaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'     # stuck; read what it says meanwhile
 *   curl 'http://127.0.0.1:3000/captures'
 *
 * A program that has installed Meshlock imports from 'meshlock/holmes'.
 */
import fastify from 'fastify';
import { watch } from '../../holmes/index.ts';

const holmes = watch({ name: 'shop', version: '1.0.0' });

const products = ['lamp', 'table', 'chair', 'shelf', 'mirror'];

/** The planted fault: a repetition inside a repetition. */
function isPhrase(text: string): boolean {
  return /^(\w+\s?)+$/.test(text);
}

const app = fastify();

app.get<{ Querystring: { q?: string } }>('/search', ({ query }) => {
  const text = query.q ?? '';
  if (!isPhrase(text)) return { error: 'words only' };
  return { found: products.filter((product) => product.includes(text)) };
});

app.get('/captures', async () => {
  const captures = await holmes.list();
  return captures.map(({ id, diagnosis }) => ({ id, sentence: diagnosis.sentence }));
});

await holmes.ready;
const address = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 3000) });
console.log(`shop listens on ${address}; captures go to ${holmes.directory}`);
