/** Version of Extend's API with bulk submits. */
export const BULK_VERSION = '2026-02-09';
