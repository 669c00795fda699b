/** What the nodes have captured and decided, as expressions. */
import { ofNodes, perSecond, sumBy, withNode } from '../kit/selector.ts';

export const theSubject = 'subject=~"$subject"';

export const newest: string = withNode(ofNodes('meshlock_holmes_last_capture_timestamp_seconds', theSubject));

export const summed = (counter: string, labels: readonly string[], ...matchers: readonly string[]): string =>
  sumBy(labels, withNode(sumBy(['job', 'instance', ...labels], perSecond(ofNodes(counter, ...matchers)))));
