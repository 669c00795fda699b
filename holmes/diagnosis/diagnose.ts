/** From a profile to one sentence and its suspects. Pure: what is not in the profile comes with the context. */
export { diagnoseCpu } from './diagnose-cpu.ts';
export { diagnoseHandles } from './diagnose-handles.ts';
export { diagnoseHeap } from './diagnose-heap.ts';
export { diagnoseStacks } from './diagnose-stacks.ts';
