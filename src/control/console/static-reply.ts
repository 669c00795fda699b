/** A file of a static folder as an answer of the admin API, and what a page may do. */
import type { AdminReply } from '../../admin/index.ts';
import type { StaticFile } from './static-folder.ts';

/** No script but the page's own, and no text that becomes markup: a profile holds names from other people's code. */
export const pagePolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export interface Serving {
  /** Of an HTML page. */
  readonly policy?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Without headers of its own a file is not kept by the browser: ours change with the version of the program. */
export function served(
  file: StaticFile | null,
  name: string,
  { policy, headers = {} }: Serving = {},
): AdminReply {
  if (file === null) {
    const body = `there is no file ${JSON.stringify(name.slice(0, 100))} here\n`;
    return { status: 404, contentType: 'text/plain; charset=utf-8', body };
  }
  const html = policy !== undefined && file.contentType.startsWith('text/html');
  return {
    status: 200,
    contentType: file.contentType,
    body: file.bytes,
    headers: { ...headers, ...(html ? { 'content-security-policy': policy } : {}) },
  };
}
