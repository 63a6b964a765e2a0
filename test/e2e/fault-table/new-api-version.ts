/** Tests that a file imports after this module run with version 2026-02-09 of Extend's API. */
process.env['TEST_API_VERSION'] = '2026-02-09';
