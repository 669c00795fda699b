/** A proxy with fastify and its own plug-in, logging off. */
import proxy from '@fastify/http-proxy';
import fastify from 'fastify';

const [listenPort, upstreamPort] = process.argv.slice(2).map(Number);
const app = fastify({ logger: false, keepAliveTimeout: 3_600_000 });
await app.register(proxy, {
  upstream: `http://127.0.0.1:${upstreamPort}`,
  undici: { connections: 64, pipelining: 1 },
});
await app.listen({ host: '127.0.0.1', port: Number(listenPort), backlog: 4_096 });
