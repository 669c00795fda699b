/** Does what `meshlock profile` was asked for. Everything here rejects with a AdminFailure. */
import { systemClock } from '../../base/index.ts';
import { AdminClient } from '../admin/admin-client.ts';
import { AdminFailure } from '../admin/admin-failure.ts';
import { readToken } from '../admin/admin-token.ts';
import type { Output } from '../command.ts';
import { openInBrowser } from './browser.ts';
import { chooseCapture, listCaptures } from './capture-choice.ts';
import { captureTable, captureText } from './capture-text.ts';
import { type CaptureView, captureView } from './capture-view.ts';
import type { ProfilePlan } from './plan.ts';
import { byteSize } from './quantity.ts';
import { requireFree, save } from './save.ts';

type PlanOf<Action extends ProfilePlan['action']> = Extract<ProfilePlan, { action: Action }>;

/** Beyond what the capture itself takes: a thread in a long native call answers when that is over. */
const graceMs = 180_000;
/** Of a heap of gigabytes. */
const snapshotMs = 900_000;

export async function runAction(plan: ProfilePlan, output: Output): Promise<void> {
  const client = new AdminClient(plan.admin, await readToken(plan.tokenFile));
  switch (plan.action) {
    case 'list':
      return list(client, plan, output);
    case 'show':
      return show(client, plan, output);
    case 'get':
      return get(client, plan, output);
    case 'take':
      return take(client, plan, output);
    case 'open':
      return open(client, plan, output);
  }
}

async function list(client: AdminClient, plan: PlanOf<'list'>, output: Output): Promise<void> {
  const { subject, kind, json } = plan;
  const query = { ...(subject !== null && { subject }), ...(kind !== null && { kind }) };
  const captures = await listCaptures(client, query);
  if (json)
    writeJson(
      output,
      captures.map((capture) => capture.json),
    );
  else
    output.out(
      captureTable(
        captures.map(({ view }) => view),
        systemClock.wall(),
      ),
    );
}

async function show(client: AdminClient, plan: PlanOf<'show'>, output: Output): Promise<void> {
  const { view, json } = await chooseCapture(client, plan.capture);
  if (plan.json) writeJson(output, json);
  else output.out(captureText(view, systemClock.wall()));
}

async function get(client: AdminClient, plan: PlanOf<'get'>, output: Output): Promise<void> {
  const { view } = await chooseCapture(client, plan.capture);
  const format = chooseFormat(view, plan.format);
  const target = { path: plan.output ?? fileNameOf(view.id, format), force: plan.force };
  await requireFree(target);
  const body = await client.download(`/captures/${encodeURIComponent(`${view.id}.${format}`)}`);
  const bytes = await save(body, target);
  output.out(`${target.path}: ${byteSize(bytes)}\n`);
}

async function take(client: AdminClient, plan: PlanOf<'take'>, output: Output): Promise<void> {
  const { subject, kind, seconds, json } = plan;
  if (!json) output.err(`taking a ${kind} capture of ${subject} ...\n`);
  const answer = await client.json({
    method: 'POST',
    path: '/captures',
    query: { subject, kind, ...(seconds !== null && { seconds: String(seconds) }) },
    timeoutMs: (seconds ?? 0) * 1000 + (kind === 'snapshot' ? snapshotMs : graceMs),
  });
  const view = captureView(answer);
  if (view === null) throw new AdminFailure(`${client.urlOf('/captures')} answers no capture`);
  if (json) writeJson(output, answer);
  else output.out(`${view.sentence}\n${view.id}\n`);
}

async function open(client: AdminClient, plan: PlanOf<'open'>, output: Output): Promise<void> {
  const { view } = await chooseCapture(client, plan.capture);
  const format = ['cpuprofile', 'heapprofile', 'pb.gz'].find((each) => hasFormat(view, each));
  if (format === undefined) {
    throw new AdminFailure(`${view.id} has nothing to draw: see meshlock profile get ${view.id}`);
  }
  const url = client.urlOf(
    `/speedscope/index.html#profileURL=/captures/${encodeURIComponent(view.id)}.${format}`,
  );
  output.out(`${url}\n`);
  if (client.hasToken) {
    output.err(
      'this admin API wants its token: give it to the browser as the password, with any user name\n',
    );
  }
  if (plan.print) return;
  if (!(await openInBrowser(url))) output.err('no browser here: open the address yourself\n');
}

function hasFormat({ files }: CaptureView, format: string): boolean {
  return files.some((file) => file.format === format);
}

function chooseFormat(view: CaptureView, wanted: string | null): string {
  const formats = view.files.map(({ format }) => format);
  const [first] = formats;
  if (first === undefined)
    throw new AdminFailure(`${view.id} has no files, only its record: see meshlock profile show`);
  if (wanted === null) return formats.includes('pb.gz') ? 'pb.gz' : first;
  if (formats.includes(wanted)) return wanted;
  throw new AdminFailure(`${view.id} is not to be had as ${wanted}: it has ${formats.join(', ')}`);
}

/** Both come from the other side, and must not lead to another folder. */
function fileNameOf(id: string, format: string): string {
  return `${id}.${format}`.replaceAll(/[^\w.-]/g, '_').replace(/^\.+/, '_');
}

function writeJson(output: Output, value: unknown): void {
  output.out(`${JSON.stringify(value, null, 2)}\n`);
}
