/**
 * The listener of the library `@hono/node-server`, as one module of this package. The build bundles this file, so that
 * no user has to install the library and its peer.
 */
export { getRequestListener } from '@hono/node-server';
