/**
 * A client of Node's inspector over its WebSocket: the main thread, and through it every worker thread. Used from
 * outside, so the program under the profiler needs no code for it and may be killed at any time.
 */
type Reply = {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
};
type Notice = { readonly method: string; readonly params: unknown };
type Send = (message: string) => void;

/** One thread: numbered requests, each with its answer. */
export class InspectorSession {
  readonly name: string;
  readonly #send: Send;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #lastId = 0;

  constructor(name: string, send: Send) {
    this.name = name;
    this.#send = send;
  }

  request<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#send(JSON.stringify({ id, method, params }));
    });
  }

  /** Hands in what came from the thread. Anything but an answer is left to the caller. */
  receive(message: Reply): void {
    const waiting = this.#waiting.get(message.id ?? 0);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id ?? 0);
    if (message.error !== undefined) waiting.reject(new Error(message.error.message));
    else waiting.resolve(message.result);
  }

  fail(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}

interface WorkerAttached {
  readonly sessionId: string;
  readonly workerInfo: { readonly title: string; readonly workerId: string };
}

interface WorkerMessage {
  readonly sessionId: string;
  readonly message: string;
}

export class Inspector {
  readonly main: InspectorSession;
  readonly workers: Map<string, InspectorSession> = new Map();
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.main = new InspectorSession('main thread', (message) => socket.send(message));
    socket.addEventListener('message', ({ data }) =>
      this.#receive(JSON.parse(String(data)) as Reply & Notice),
    );
    socket.addEventListener('close', () => {
      for (const session of this.sessions) session.fail('the inspected process closed the connection');
    });
  }

  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () => reject(new Error(`no inspector at ${url}`)));
    });
    const inspector = new Inspector(socket);
    // The answer comes after the notices about the workers that run already.
    await inspector.main.request('NodeWorker.enable', { waitForDebuggerOnStart: false });
    return inspector;
  }

  get sessions(): InspectorSession[] {
    return [this.main, ...this.workers.values()];
  }

  close(): void {
    this.#socket.close();
  }

  #receive(message: Reply & Notice): void {
    if (message.method === 'NodeWorker.attachedToWorker') this.#attach(message.params as WorkerAttached);
    else if (message.method === 'NodeWorker.receivedMessageFromWorker') {
      const { sessionId, message: text } = message.params as WorkerMessage;
      this.workers.get(sessionId)?.receive(JSON.parse(text) as Reply);
    } else if (message.method === 'NodeWorker.detachedFromWorker') {
      const { sessionId } = message.params as { sessionId: string };
      this.workers.get(sessionId)?.fail('the thread ended');
      this.workers.delete(sessionId);
    } else this.main.receive(message);
  }

  #attach({ sessionId, workerInfo }: WorkerAttached): void {
    const send: Send = (message) => {
      void this.main.request('NodeWorker.sendMessageToWorker', { sessionId, message });
    };
    const name = `thread ${workerInfo.workerId} ${workerInfo.title}`.trim();
    this.workers.set(sessionId, new InspectorSession(name, send));
  }
}
