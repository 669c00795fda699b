/** What the aggregator of a mesh says, by its own interface. */
import type { Suspect } from '../../../health/infer/evidence.ts';
import type { ReleaseVerdict } from '../../../health/verdict/verdict.ts';
import { release, service } from './topology.ts';
import type { EvidenceView, Reading } from './trial.ts';

/** Epochs of a window, by the aggregator's default. */
const windowEpochs = 6;
const answerMs = 5000;

interface SuspectsAnswer {
  readonly judged: { readonly epoch: number };
  readonly suspects: readonly (Suspect & { readonly active: boolean })[];
}

export class AggregatorView {
  readonly #address: () => { readonly url: string; readonly token: string };

  constructor(address: () => { readonly url: string; readonly token: string }) {
    this.#address = address;
  }

  /** The window that was judged last, unless that was already `known`. */
  async newer(known: number): Promise<Reading | null> {
    const { judged, suspects } = await this.#get<SuspectsAnswer>('/v1/suspects');
    const { epoch } = judged;
    if (epoch <= known) return null;
    const evidence = await this.#get<EvidenceView>(
      `/v1/evidence?from=${epoch - windowEpochs + 1}&to=${epoch}`,
    );
    return { epoch, at: Date.now(), suspects: suspects.filter(({ active }) => active), evidence };
  }

  async judgedEpoch(): Promise<number> {
    return (await this.#get<SuspectsAnswer>('/v1/suspects')).judged.epoch;
  }

  async verdict(): Promise<ReleaseVerdict> {
    return this.#get(`/v1/releases/${release}/verdict?service=${service}`);
  }

  async #get<T>(path: string): Promise<T> {
    const { url, token } = this.#address();
    const answer = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(answerMs),
    });
    if (!answer.ok) throw new Error(`the aggregator answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
