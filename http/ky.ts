/**
 * ky, as one module of ours: ky is published as ESM only, so the build bundles this file, and a CommonJS consumer (or a
 * plain jest) loads it without settings.
 */
export { default as ky } from 'ky';
