/** `grpc.health.v1.Health` for @grpc/grpc-js: `Check`, `Watch` and `List` over what the health room knows. */
import {
  type Metadata,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status as GrpcStatus,
} from '@grpc/grpc-js';
import type { CallGuard } from './call-guard.ts';
import {
  type CheckRequest,
  decodeCheckRequest,
  decodeListRequest,
  encodeCheckResponse,
  encodeListResponse,
  type ServingStatus,
} from './codec.ts';
import { maxWatchers, type Watcher, type Watchers } from './watchers.ts';

type Statuses = ReadonlyMap<string, ServingStatus>;
type WatchCall = ServerWritableStream<CheckRequest, ServingStatus>;

interface Refusal {
  readonly code: GrpcStatus;
  readonly details: string;
}

export interface HealthServiceOptions {
  readonly statuses: () => Statuses;
  readonly watchers: Watchers;
  readonly guard: CallGuard;
}

const notAdmitted: Refusal = {
  code: GrpcStatus.UNAUTHENTICATED,
  details: 'a token is needed: send the one in admin.token as metadata authorization: Bearer <token>',
};
const tooMany: Refusal = {
  code: GrpcStatus.RESOURCE_EXHAUSTED,
  details: `there are ${maxWatchers} calls of Watch already`,
};
const ending: Refusal = { code: GrpcStatus.UNAVAILABLE, details: 'the health service ends' };

const prefix = '/grpc.health.v1.Health/';

export class HealthService {
  readonly #options: HealthServiceOptions;

  constructor(options: HealthServiceOptions) {
    this.#options = options;
  }

  /** Takes the calls of this service that come to `server`. */
  register(server: Server): void {
    server.register(
      `${prefix}Check`,
      (call: ServerUnaryCall<CheckRequest, ServingStatus>, reply: sendUnaryData<ServingStatus>) =>
        this.#check(call, reply),
      encodeCheckResponse,
      decodeCheckRequest,
      'unary',
    );
    server.register(
      `${prefix}Watch`,
      (call: WatchCall) => this.#watch(call),
      encodeCheckResponse,
      decodeCheckRequest,
      'serverStream',
    );
    server.register(
      `${prefix}List`,
      (call: ServerUnaryCall<object, Statuses>, reply: sendUnaryData<Statuses>) => this.#list(call, reply),
      encodeListResponse,
      decodeListRequest,
      'unary',
    );
  }

  #check(
    { metadata, request }: ServerUnaryCall<CheckRequest, ServingStatus>,
    reply: sendUnaryData<ServingStatus>,
  ): void {
    const status = this.#options.statuses().get(request.service);
    if (!this.#admits(metadata)) reply(notAdmitted);
    else if (status === undefined) reply(unknownService);
    else reply(null, status);
  }

  #list({ metadata }: ServerUnaryCall<object, Statuses>, reply: sendUnaryData<Statuses>): void {
    if (this.#admits(metadata)) reply(null, this.#options.statuses());
    else reply(notAdmitted);
  }

  #watch(call: WatchCall): void {
    const { watchers } = this.#options;
    if (!this.#admits(call.metadata)) {
      end(call, notAdmitted);
      return;
    }
    const watcher = watcherOf(call);
    // Also after an end of our own.
    call.once('cancelled', () => watchers.remove(watcher));
    call.once('close', () => watchers.remove(watcher));
    if (!watchers.add(watcher)) end(call, tooMany);
  }

  #admits(metadata: Metadata): boolean {
    return this.#options.guard.admits(metadata.get('authorization'));
  }
}

const unknownService: Refusal = {
  code: GrpcStatus.NOT_FOUND,
  details: 'there is no such service: List names them',
};

/** To a caller that does not read only the newest state is sent when it reads again, so that nothing piles up. */
function watcherOf(call: WatchCall): Watcher {
  let waiting: ServingStatus | null = null;
  call.on('drain', () => {
    if (waiting !== null) call.write(waiting);
    waiting = null;
  });
  return {
    service: call.request.service,
    tell: (status) => {
      if (call.writableNeedDrain) waiting = status;
      else call.write(status);
    },
    end: () => {
      waiting = null;
      end(call, ending);
    },
  };
}

/** Ends a stream with a status; this is how grpc-js wants to be told. */
function end(call: WatchCall, refusal: Refusal): void {
  call.emit('error', refusal);
}
