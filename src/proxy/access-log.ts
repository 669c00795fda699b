/** The access logs of one listener on one data thread: one capture of header values serves all of them. */
import type { HeadView } from '../protocol/index.ts';
import {
  type AccessEntry,
  type AccessLogBatch,
  type AccessLogFormatter,
  createAccessEntry,
} from '../telemetry/index.ts';

export interface AccessLogTarget {
  readonly formatter: AccessLogFormatter;
  readonly batch: AccessLogBatch;
}

export class AccessLog {
  /** Filled for each finished exchange and written at once. */
  readonly entry: AccessEntry = createAccessEntry();
  readonly #targets: readonly AccessLogTarget[];
  readonly #requestHeaders: readonly string[];
  readonly #responseHeaders: readonly string[];

  /** All formatters must have been compiled with one `HeaderCapture`, whose lists are given here. */
  constructor(
    targets: readonly AccessLogTarget[],
    capture: { readonly request: readonly string[]; readonly response: readonly string[] },
  ) {
    this.#targets = targets;
    this.#requestHeaders = capture.request;
    this.#responseHeaders = capture.response;
  }

  captureRequest(head: HeadView): (string | undefined)[] {
    return this.#requestHeaders.map((name) => head.header(name));
  }

  /** The id that this hop gave a request which had none stands in the log like any that came with it. */
  noteRequestId(captured: (string | undefined)[], requestId: string | undefined): void {
    const index = this.#requestHeaders.indexOf('x-request-id');
    if (index >= 0 && requestId !== undefined) captured[index] = requestId;
  }

  captureResponse(head: HeadView): (string | undefined)[] {
    return this.#responseHeaders.map((name) => head.header(name));
  }

  /** Writes `entry` to every log. */
  write(): void {
    for (const { formatter, batch } of this.#targets) batch.append(formatter.write(this.entry));
  }
}
