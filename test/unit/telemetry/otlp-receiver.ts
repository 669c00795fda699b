/**
 * A real OTLP/gRPC receiver: the server of @grpc/grpc-js, and a reader of the protobuf messages of OTLP's trace
 * service that was written from the .proto files and shares nothing with the exporter.
 */
import { createRequire } from 'node:module';

// A dependency of the exporter, resolved from where the exporter lies.
const fromExporter = createRequire(
  createRequire(import.meta.url).resolve('@opentelemetry/exporter-trace-otlp-grpc'),
);
const grpcBase = createRequire(fromExporter.resolve('@opentelemetry/otlp-grpc-exporter-base'));
const grpc = grpcBase('@grpc/grpc-js') as Grpc;

/** As far as it is used here. */
interface Grpc {
  readonly Server: new () => Server;
  readonly ServerCredentials: { createInsecure(): unknown };
}

interface Server {
  addService(definition: unknown, handlers: Record<string, Handler>): void;
  bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void;
  forceShutdown(): void;
}

type Handler = (
  call: { readonly request: Buffer; readonly metadata: { getMap(): Record<string, unknown> } },
  answer: (error: { code: number; details: string } | null, response?: Buffer) => void,
) => void;

export interface ReceivedSpan {
  readonly resource: Readonly<Record<string, string | number>>;
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly statusCode: number;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Calls that came, also those that were refused. */
  calls = 0;
  /** Answered with this gRPC status while it is not 0. */
  failWith = 0;
  /** While true, calls stay unanswered. */
  hold = false;
  #server: Server | null = null;
  #port = 0;
  #waiting: (() => void)[] = [];

  /** On the port it had before, if it had one. */
  async start(): Promise<void> {
    const server = new grpc.Server();
    const raw = (bytes: Buffer): Buffer => bytes;
    const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
    const method = { path, requestStream: false, responseStream: false };
    server.addService(
      {
        Export: {
          ...method,
          requestSerialize: raw,
          requestDeserialize: raw,
          responseSerialize: raw,
          responseDeserialize: raw,
        },
      },
      { Export: (call, answer) => this.#export(call.request, answer) },
    );
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.#port}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
    this.#server = server;
  }

  stop(): void {
    this.#server?.forceShutdown();
    this.#server = null;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves with the next call that has been handled. */
  nextCall(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async received(count: number): Promise<void> {
    while (this.spans.length < count) await this.nextCall();
  }

  #export(request: Buffer, answer: Parameters<Handler>[1]): void {
    this.calls++;
    if (this.failWith === 0 && !this.hold) this.spans.push(...readRequest(request));
    if (this.failWith !== 0) answer({ code: this.failWith, details: 'refused by the test' });
    else if (!this.hold) answer(null, Buffer.alloc(0));
    for (const tell of this.#waiting.splice(0)) tell();
  }
}

/** Field number and value of a protobuf message: a varint or fixed number, or bytes. */
type Field = readonly [number, bigint | Buffer];

function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const field = tag >> 3;
    switch (tag & 7) {
      case 0:
        yield [field, varint()];
        break;
      case 1:
        yield [field, message.readBigUInt64LE(at)];
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        yield [field, message.subarray(at, at + length)];
        at += length;
        break;
      }
      case 5:
        yield [field, BigInt(message.readUInt32LE(at))];
        at += 4;
        break;
      default:
        throw new Error(`wire type ${tag & 7} at ${at}`);
    }
  }
}

function bytesOf(message: Buffer, field: number): Buffer[] {
  return [...fieldsOf(message)].filter(([number]) => number === field).map(([, value]) => value as Buffer);
}

function textOf(message: Buffer, field: number): string {
  return bytesOf(message, field)[0]?.toString('utf8') ?? '';
}

function numberOf(message: Buffer, field: number): bigint {
  return ([...fieldsOf(message)].find(([number]) => number === field)?.[1] as bigint | undefined) ?? 0n;
}

/** ExportTraceServiceRequest { 1: ResourceSpans { 1: Resource, 2: ScopeSpans { 1: scope, 2: Span } } } */
function readRequest(request: Buffer): ReceivedSpan[] {
  return bytesOf(request, 1).flatMap((resourceSpans) => {
    const resource = attributesOf(bytesOf(resourceSpans, 1)[0] ?? Buffer.alloc(0), 1);
    return bytesOf(resourceSpans, 2).flatMap((scopeSpans) => {
      const scope = textOf(bytesOf(scopeSpans, 1)[0] ?? Buffer.alloc(0), 1);
      return bytesOf(scopeSpans, 2).map((span) => ({ resource, scope, ...readSpan(span) }));
    });
  });
}

function readSpan(span: Buffer): Omit<ReceivedSpan, 'resource' | 'scope'> {
  const hex = (field: number): string => bytesOf(span, field)[0]?.toString('hex') ?? '';
  return {
    traceId: hex(1),
    spanId: hex(2),
    parentSpanId: hex(4),
    name: textOf(span, 5),
    kind: Number(numberOf(span, 6)),
    startNanos: numberOf(span, 7),
    endNanos: numberOf(span, 8),
    attributes: attributesOf(span, 9),
    statusCode: Number(numberOf(bytesOf(span, 15)[0] ?? Buffer.alloc(0), 3)),
  };
}

/** KeyValue { 1: key, 2: AnyValue { 1: string, 3: int, 4: double } } */
function attributesOf(message: Buffer, field: number): Record<string, string | number> {
  return Object.fromEntries(
    bytesOf(message, field).map((pair) => {
      const value = bytesOf(pair, 2)[0] ?? Buffer.alloc(0);
      const [kind = 0, content = 0n] = [...fieldsOf(value)][0] ?? [];
      if (kind === 1) return [textOf(pair, 1), (content as Buffer).toString('utf8')];
      if (kind === 3) return [textOf(pair, 1), Number(content)];
      const double = Buffer.alloc(8);
      double.writeBigUInt64LE(content as bigint);
      return [textOf(pair, 1), double.readDoubleLE(0)];
    }),
  );
}
