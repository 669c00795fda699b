/** Finds the capture that was meant: `latest`, or an id, with the nearest one when there is no such id. */
import { didYouMean } from '../../base/index.ts';
import { type AdminClient, AdminRefusal } from '../admin/admin-client.ts';
import { type CaptureView, captureView } from './capture-view.ts';
import { AdminFailure } from '../admin/admin-failure.ts';

/** A record with the JSON that it was read from. */
export interface Chosen {
  readonly view: CaptureView;
  readonly json: unknown;
}

/** Newest first. Rejects with a AdminFailure. */
export async function listCaptures(
  client: AdminClient,
  query: Readonly<Record<string, string>> = {},
): Promise<readonly Chosen[]> {
  const answer = await client.json({ path: '/captures', query }).catch((error: unknown) => {
    if (!(error instanceof AdminRefusal) || error.status !== 404) throw error;
    throw new AdminFailure(
      `${client.urlOf('')} has no captures: the proxy is older, or does not watch itself`,
    );
  });
  if (!Array.isArray(answer)) throw new AdminFailure(`${client.urlOf('/captures')} is no list of captures`);
  return answer.flatMap((json: unknown) => {
    const view = captureView(json);
    return view === null ? [] : [{ view, json }];
  });
}

/** Rejects with a AdminFailure. */
export async function chooseCapture(client: AdminClient, name: string): Promise<Chosen> {
  if (name === 'latest') {
    const [newest] = await listCaptures(client);
    if (newest === undefined) throw new AdminFailure('nothing has been captured yet');
    return newest;
  }
  try {
    const json = await client.json({ path: `/captures/${encodeURIComponent(name)}` });
    const view = captureView(json);
    if (view === null) throw new AdminFailure(`${client.urlOf('/captures')} answers no capture`);
    return { view, json };
  } catch (error) {
    if (!(error instanceof AdminRefusal) || error.status !== 404) throw error;
    throw await notFound(client, name);
  }
}

async function notFound(client: AdminClient, name: string): Promise<AdminFailure> {
  const ids = (await listCaptures(client)).map(({ view }) => view.id);
  // People leave out the time, which is most of an id.
  const containing = ids.filter((id) => id.includes(name));
  const { hint } =
    containing[0] === undefined ? didYouMean(name, ids) : { hint: `did you mean ${containing[0]}?` };
  const advice = hint ?? (ids.length === 0 ? 'nothing has been captured yet' : `the newest is ${ids[0]}`);
  return new AdminFailure(`there is no capture "${name}" (${advice})`);
}
