/** Bodies too large to hold: an upstream that makes and swallows them, and clients that do the same, on raw sockets. */
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const zeros = Buffer.alloc(256 * 1024);

/** Writes `bytes` zeros as fast as they are taken. */
function pour(socket: Socket, bytes: number, done: () => void): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      const piece = left < zeros.length ? zeros.subarray(0, left) : zeros;
      left -= piece.length;
      if (!socket.write(piece)) {
        socket.once('drain', more);
        return;
      }
    }
    done();
  };
  more();
}

/** GET is answered with so many bytes; of a POST with a length the body is counted and the count answered. */
export async function startEndlessUpstream(bytes: number): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    let head = '';
    let expected = -1;
    let got = 0;
    socket.on('error', () => {});
    socket.on('data', (piece: Buffer) => {
      if (expected >= 0) got += piece.length;
      else {
        head += piece.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (head.startsWith('GET')) {
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes}\r\n\r\n`);
          pour(socket, bytes, () => {});
          head = '';
          return;
        }
        expected = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        got = head.length - end - 4;
      }
      if (got < expected) return;
      const count = String(got);
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${count.length}\r\n\r\n${count}`);
      [head, expected, got] = ['', -1, 0];
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

function open(port: number): Socket {
  return createConnection({ port, host: '127.0.0.1', noDelay: true });
}

/** Bytes of the answer's body. Rejects when the connection ends before all have come. */
export function download(port: number, bytes: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = open(port);
  let headLength = -1;
  let got = 0;
  socket.write('GET /down HTTP/1.1\r\nhost: mesh.test\r\n\r\n');
  socket.on('data', (piece: Buffer) => {
    if (headLength < 0) headLength = piece.indexOf('\r\n\r\n') + 4;
    got += piece.length;
    if (got - headLength >= bytes) resolve(got - headLength);
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error(`ended after ${got} bytes`)));
  return promise.finally(() => socket.destroy());
}

/** What the upstream says of how much it got. */
export function upload(port: number, bytes: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = open(port);
  let answer = '';
  socket.write(`POST /up HTTP/1.1\r\nhost: mesh.test\r\ncontent-length: ${bytes}\r\n\r\n`);
  pour(socket, bytes, () => {});
  socket.on('data', (piece: Buffer) => {
    answer += piece.toString('latin1');
    const [head, body] = answer.split('\r\n\r\n');
    if (body !== undefined && body.length >= Number(/content-length: (\d+)/i.exec(head!)?.[1])) resolve(body);
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error(`ended before its answer: ${answer}`)));
  return promise.finally(() => socket.destroy());
}

/** A client that takes a little of an endless answer each time it is told to. */
export class SlowReader {
  received = 0;
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = open(port);
    this.#socket.pause();
    this.#socket.on('error', () => {});
    this.#socket.write('GET /down HTTP/1.1\r\nhost: mesh.test\r\n\r\n');
  }

  get closed(): boolean {
    return this.#socket.destroyed;
  }

  sip(): void {
    this.received += (this.#socket.read() as Buffer | null)?.length ?? 0;
  }

  end(): void {
    this.#socket.destroy();
  }
}
