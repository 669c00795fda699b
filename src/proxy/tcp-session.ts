/**
 * One proxied TCP connection: bytes both ways, each side paused while the other is slow, each side's FIN passed on by
 * itself, so that a peer may end its half and still receive.
 */
import { Deadline, type DeadlineOwner, formatAddress } from '../base/index.ts';
import { type Endpoint, localShortage, Outcome } from '../cluster/index.ts';
import {
  CloseReason,
  type Connection,
  type ConnectionHandler,
  dial,
  formatProxyHeader,
  type NetContext,
} from '../net/index.ts';
import {
  ClusterSlot,
  type CounterStore,
  EndpointSlot,
  ListenerSlot,
  ResponseFlag,
} from '../telemetry/index.ts';
import type { ProxyCluster } from './context.ts';
import type { TcpOutcome } from './tcp-outcome.ts';

export interface TcpContext {
  /** Chooses the cluster of a connection; `undefined`: there is none of that name. */
  readonly pickCluster: () => ProxyCluster | undefined;
  readonly idleTimeoutMs: number;
  readonly net: NetContext;
  readonly counters: CounterStore;
  /** Base of the listener's counters. */
  readonly slot: number;
  /** Takes note of a finished session; `null`: nobody asks. */
  readonly record: ((outcome: TcpOutcome) => void) | null;
}

export class TcpSession implements ConnectionHandler, DeadlineOwner {
  readonly #context: TcpContext;
  readonly #downstream: Connection;
  readonly #startedMs: number;
  readonly #deadline: Deadline = new Deadline(this);
  #upstream: Connection | null = null;
  #cluster: ProxyCluster | null = null;
  #endpoint: Endpoint | null = null;
  #connected = false;
  #early: Buffer = Buffer.alloc(0);
  #attempts = 0;
  #moved = false;
  #done = false;
  #flag: ResponseFlag = ResponseFlag.None;
  /** Kept for the record: a socket that is closed tells none. */
  #remoteAddress = '';
  #localAddress = '';
  #upstreamLocalAddress = '';

  constructor(context: TcpContext, downstream: Connection) {
    this.#context = context;
    this.#downstream = downstream;
    this.#startedMs = context.net.clock.now();
    if (context.record !== null) {
      this.#remoteAddress = formatAddress({ host: downstream.remoteAddress, port: downstream.remotePort });
      this.#localAddress = formatAddress({ host: downstream.localAddress, port: downstream.localPort });
    }
    this.#cluster = context.pickCluster() ?? null;
    // What the client sends first waits in the kernel until the upstream is there.
    downstream.pauseReading();
    if (this.#cluster === null) this.#fail(ResponseFlag.NoCluster);
    else this.#dial(null);
  }

  // ------------------------------------------------------------------------------------- downstream

  onConnect(): void {}

  onData(bytes: Buffer, from: number, to: number): void {
    this.#moved = true;
    if (!this.#connected) {
      // Bytes that came together with a PROXY header.
      this.#early = Buffer.concat([this.#early, bytes.subarray(from, to)]);
      return;
    }
    const upstream = this.#upstream!;
    upstream.write(bytes, from, to);
    if (upstream.blocked) this.#downstream.pauseReading();
  }

  onEnd(): void {
    this.#moved = true;
    if (this.#connected) this.#upstream!.end();
  }

  onDrain(): void {
    this.#moved = true;
    this.#upstream?.resumeReading();
  }

  onClose(reason: CloseReason): void {
    if (!this.#connected || reason !== CloseReason.Clean) {
      this.#flag ||= ResponseFlag.DownstreamConnectionTermination;
    }
    if (this.#connected) {
      this.#endOther(this.#upstream!, reason);
    } else {
      this.#finish();
      this.#upstream?.destroy();
    }
  }

  // ------------------------------------------------------------------------------------- upstream

  #dial(avoid: Endpoint | null): void {
    const { cluster } = this.#cluster!;
    const endpoint = cluster.pick(null, avoid);
    if (endpoint === null) {
      this.#fail(ResponseFlag.NoHealthyUpstream);
      return;
    }
    if (!cluster.breakers.tryConnection()) {
      this.#fail(ResponseFlag.UpstreamOverflow);
      return;
    }
    const { net, counters } = this.#context;
    counters.add(cluster.slot + ClusterSlot.connections, 1);
    this.#attempts++;
    this.#endpoint = endpoint;
    cluster.begin(endpoint);
    const side = new UpstreamSide(this);
    this.#upstream = dial(net, {
      address: endpoint.address,
      handler: side,
      sendTimeoutMs: 0,
      tcpKeepaliveMs: cluster.config.pool.tcpKeepaliveMs,
      meter: {
        values: counters.values,
        received: cluster.slot + ClusterSlot.bytesReceived,
        sent: cluster.slot + ClusterSlot.bytesSent,
      },
    });
    net.wheel.arm(this.#deadline, cluster.config.connectTimeoutMs);
  }

  onUpstreamConnect(): void {
    const { counters, net, idleTimeoutMs } = this.#context;
    const { config } = this.#cluster!.cluster;
    this.#connected = true;
    counters.add(this.#endpoint!.slot + EndpointSlot.connectionsActive, 1);
    net.wheel.cancel(this.#deadline);
    if (idleTimeoutMs > 0) net.wheel.arm(this.#deadline, idleTimeoutMs);
    if (config.proxyProtocol !== 'off') this.#writeProxyHeader(config.proxyProtocol);
    const upstream = this.#upstream!;
    if (this.#context.record !== null) {
      this.#upstreamLocalAddress = formatAddress({ host: upstream.localAddress, port: upstream.localPort });
    }
    upstream.write(this.#early, 0, this.#early.length);
    if (this.#downstream.peerEnded) upstream.end();
    this.#downstream.resumeReading();
  }

  #writeProxyHeader(version: 'v1' | 'v2'): void {
    const header = formatProxyHeader(version, this.#downstream.ends);
    this.#upstream!.write(header, 0, header.length);
  }

  onUpstreamData(bytes: Buffer, from: number, to: number): void {
    this.#moved = true;
    this.#downstream.write(bytes, from, to);
    if (this.#downstream.blocked) this.#upstream!.pauseReading();
  }

  onUpstreamEnd(): void {
    this.#moved = true;
    this.#downstream.end();
  }

  onUpstreamDrain(): void {
    this.#moved = true;
    this.#downstream.resumeReading();
  }

  onUpstreamClose(reason: CloseReason): void {
    const { cluster } = this.#cluster!;
    cluster.breakers.releaseConnection();
    if (this.#connected) {
      this.#context.counters.add(this.#endpoint!.slot + EndpointSlot.connectionsActive, -1);
      if (reason !== CloseReason.Clean) this.#flag ||= ResponseFlag.UpstreamConnectionTermination;
      this.#endOther(this.#downstream, reason);
      return;
    }
    const isOurs = this.#done || localShortage(this.#upstream!.errorCode) !== undefined;
    if (!isOurs) this.#countConnectFailure(reason === CloseReason.ConnectTimeout);
    cluster.end(this.#endpoint!, isOurs ? Outcome.Cancelled : Outcome.LocalOriginFailure, 0, 0);
    if (this.#done) return;
    if (isOurs) {
      this.#fail(ResponseFlag.UpstreamOverflow);
      return;
    }
    // A connect that failed has cost the client nothing yet: another endpoint may do (as Envoy's max_connect_attempts).
    if (this.#attempts < 2 && cluster.endpoints.length > 1) this.#dial(this.#endpoint);
    else this.#fail(ResponseFlag.UpstreamConnectionFailure);
  }

  #countConnectFailure(timedOut: boolean): void {
    const { counters } = this.#context;
    const slot = this.#cluster!.cluster.slot;
    counters.add(slot + (timedOut ? ClusterSlot.connectTimeouts : ClusterSlot.connectFailures), 1);
    counters.add(this.#endpoint!.slot + EndpointSlot.connectFailures, 1);
  }

  // ------------------------------------------------------------------------------------- the end

  onDeadline(deadline: Deadline): void {
    if (!this.#connected) {
      this.#upstream!.destroy(CloseReason.ConnectTimeout);
      return;
    }
    if (this.#moved) {
      this.#moved = false;
      this.#context.net.wheel.arm(deadline, this.#context.idleTimeoutMs);
      return;
    }
    this.#flag ||= ResponseFlag.StreamIdleTimeout;
    this.#downstream.destroy();
    this.#upstream!.destroy();
  }

  /** One side has gone: the other one still gets what is queued for it, and then its end. */
  #endOther(other: Connection, reason: CloseReason): void {
    if (other.closed) {
      this.#finish();
    } else if (reason === CloseReason.Clean) {
      other.close();
    } else {
      this.#finish();
      other.destroy(CloseReason.Reset);
    }
  }

  #fail(flag: ResponseFlag): void {
    this.#flag ||= flag;
    this.#finish();
    this.#downstream.destroy(CloseReason.Reset);
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    const { net, counters, slot, record } = this.#context;
    net.wheel.cancel(this.#deadline);
    const durationMs = net.clock.now() - this.#startedMs;
    if (this.#connected) this.#cluster!.cluster.end(this.#endpoint!, Outcome.Success, 0, durationMs);
    if (this.#flag !== ResponseFlag.None) counters.add(slot + ListenerSlot.connectionsReset, 1);
    record?.({
      downstream: this.#downstream,
      remoteAddress: this.#remoteAddress,
      localAddress: this.#localAddress,
      upstreamLocalAddress: this.#upstreamLocalAddress,
      flag: this.#flag,
      durationMs,
      cluster: this.#cluster?.cluster.config.name ?? '',
      endpoint: this.#endpoint?.key ?? '',
      attempts: this.#attempts,
    });
  }
}

/** The other connection's events, under names of their own. */
class UpstreamSide implements ConnectionHandler {
  readonly #session: TcpSession;

  constructor(session: TcpSession) {
    this.#session = session;
  }

  onConnect(): void {
    this.#session.onUpstreamConnect();
  }

  onData(bytes: Buffer, from: number, to: number): void {
    this.#session.onUpstreamData(bytes, from, to);
  }

  onEnd(): void {
    this.#session.onUpstreamEnd();
  }

  onDrain(): void {
    this.#session.onUpstreamDrain();
  }

  onClose(reason: CloseReason): void {
    this.#session.onUpstreamClose(reason);
  }
}
