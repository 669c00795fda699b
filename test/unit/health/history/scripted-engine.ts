/** A server that answers what a test tells it to, for what a real engine does rarely: fail. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  readonly form: URLSearchParams;
}

export interface ScriptedEngine {
  readonly url: string;
  readonly asked: readonly Asked[];
}

export async function startScripted(
  answer: (response: ServerResponse, asked: Asked) => void,
): Promise<ScriptedEngine> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => void serve(request, response));
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece as string;
    const one: Asked = {
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization ?? '',
      form: new URLSearchParams(body),
    };
    asked.push(one);
    answer(response, one);
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

export function vector(...result: readonly unknown[]): string {
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
}

export function matrix(...result: readonly unknown[]): string {
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
}
