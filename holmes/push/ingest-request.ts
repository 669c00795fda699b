/**
 * One capture as a request to Pyroscope's `POST /ingest`: a multipart form with the pprof and the description of its
 * sample types. `format` is left out on purpose: with `format=pprof` the server takes the whole body for the pprof and
 * not for a form. The sample rate is left out because the pprof names its own period.
 */
import type { CaptureRecord, ProgramInfo } from '../capture/capture.ts';
import type { PyroscopeSettings } from '../settings.ts';
import { sampleTypes } from './sample-types.ts';

export interface IngestTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** `null`: not a URL that can be pushed to. User and password in it are sent as Basic, which fetch refuses in a URL. */
export function ingestTarget({ url, token }: PyroscopeSettings, program: ProgramInfo): IngestTarget | null {
  const target = URL.parse(url);
  if (target === null || !['http:', 'https:'].includes(target.protocol)) return null;
  const { username, password } = target;
  target.username = '';
  target.password = '';
  target.search = '';
  target.hash = '';
  target.pathname = `${target.pathname.replace(/\/+$/, '')}/ingest`;
  const headers: Record<string, string> = { 'user-agent': `meshlock-holmes (${program.node})` };
  if (token !== '') headers['authorization'] = `Bearer ${token}`;
  else if (username !== '') {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return { url: target, headers };
}

export function ingestUrl(target: IngestTarget, application: string, record: CaptureRecord): URL {
  const { program } = record;
  const labels = {
    subject: record.subject,
    kind: record.kind,
    rule: record.rule,
    host: program.host,
    version: program.version,
  };
  const url = new URL(target.url);
  url.search = new URLSearchParams({
    name: `${plain(application)}{${labelText(labels)}}`,
    // Whole seconds, rounded so that they hold the profile; of a moment the end must still come after the beginning.
    from: String(Math.floor(record.from / 1000)),
    until: String(Math.max(Math.ceil(record.to / 1000), Math.floor(record.from / 1000) + 1)),
    spyName: 'nodespy',
  }).toString();
  return url;
}

export function ingestBody(pprof: Uint8Array): FormData {
  const body = new FormData();
  body.append('profile', new Blob([pprof]), 'profile.pprof');
  body.append('sample_type_config', new Blob([JSON.stringify(sampleTypes)]), 'sample_type_config.json');
  return body;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join(',');
}

/** The form has no way to quote. */
function plain(text: string): string {
  return text.replace(/[{},=\s]/g, '_');
}
