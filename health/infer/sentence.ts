/** A suspect in one sentence for people: who, how much of what, where on the way, and what speaks for the others. */
import type { ModuleKind, Suspect } from './evidence.ts';

export interface SentenceFacts {
  readonly suspect: Pick<Suspect, 'node' | 'kind' | 'link' | 'theta' | 'explained' | 'ambiguity'>;
  readonly calls: number;
  /** Nodes at the other end of its failing calls; and how many of them lose calls elsewhere, too. */
  readonly peers: number;
  readonly uncleanPeers: number;
  /** The failing calls all went to one node, so that the way there explains them as well. */
  readonly orLink: boolean;
  /** Epochs of the window in which the node did not report. */
  readonly missing: number;
  readonly epochs: number;
}

const what: Readonly<Record<ModuleKind, string>> = {
  outbound_downstream:
    'of the calls that its application makes before it passes them on (outbound, towards the application)',
  outbound_upstream:
    'of the calls that it passes on before the called node has them (outbound, towards the called node)',
  inbound_downstream:
    'of the calls that it receives before they reach its application (inbound, towards the caller)',
  inbound_upstream:
    'of the calls that it receives on the way to its application (inbound, towards the application)',
  application: 'of the calls that reach its application, and its proxy is innocent of it (application)',
};

export function sentenceOf(facts: SentenceFacts): string {
  const { suspect, calls, peers, uncleanPeers, orLink, missing, epochs } = facts;
  const lost = `${amount(suspect.explained)} of ${amount(calls)} calls`;
  const parts: string[] = [];
  if (suspect.link !== undefined) {
    const { caller, callee } = suspect.link;
    parts.push(
      `calls from node ${caller} to node ${callee} are lost on the way between them, ${share(suspect.theta)}: ${lost}`,
      'only this one edge fails, so neither node is named',
    );
    return parts.join('; ');
  }
  const direction = suspect.kind.startsWith('outbound') ? 'to' : 'from';
  const noun = direction === 'to' ? 'callee' : 'caller';
  const ends = `${direction} ${amount(peers)} ${noun}${peers === 1 ? '' : 's'}`;
  const verb = suspect.kind === 'application' ? 'fails' : 'loses';
  parts.push(
    `node ${suspect.node} ${verb} ${share(suspect.theta)} ${what[suspect.kind]}: ${lost}${peers > 0 ? ` ${ends}` : ''}`,
  );
  if (peers > 0) {
    parts.push(
      uncleanPeers === 0
        ? `its neighbour${peers === 1 ? ' is' : 's are'} clean`
        : `${uncleanPeers} of its ${amount(peers)} neighbours lose calls elsewhere, too`,
    );
  }
  const others = suspect.ambiguity.filter(({ node, kind }) => node !== suspect.node || kind !== suspect.kind);
  if (others.length > 0) {
    const names = others.slice(0, 3).map(({ node, kind }) => `${kind} of node ${node}`);
    const more = others.length > names.length ? ` and ${others.length - names.length} more` : '';
    parts.push(`not decided: as likely ${names.join(' or ')}${more}`);
  }
  if (orLink) parts.push('the way to that one node would explain it as well');
  if (missing > 0) parts.push(`it did not report in ${missing} of ${epochs} epochs`);
  return parts.join('; ');
}

function share(theta: number): string {
  return `${(theta * 100).toFixed(1)} %`;
}

function amount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
