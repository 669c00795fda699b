/** What several sections of the node ask for, as expressions. */
import { ofNodes, sumBy, top, withNode } from '../kit/selector.ts';

export const perNode = (expression: string): string => withNode(sumBy(['job', 'instance'], expression));

export const perThread = (gauge: string): string => top(20, withNode(ofNodes(gauge)));
