export { Endpoint, type EndpointState, endpointKey } from './endpoint.ts';
