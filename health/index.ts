/**
 * `meshlock/health`: a library for the health of a program's components, the gate that opens traffic, and the verdict
 * on a release. What is here is the vocabulary and what the room has so far.
 */
export { ComponentStatus } from './component/component.ts';
export { Verdict } from './verdict/verdict.ts';
