/**
 * The library ky, as one module of this package. ky is published as ESM only. The build bundles this file, so that
 * CommonJS code and plain Jest can load the package without extra settings.
 */
export { default as ky } from 'ky';
