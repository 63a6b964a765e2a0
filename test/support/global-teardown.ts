/** Ends the dev server that all test files shared. */
export default async function tearDownServers(): Promise<void> {
  await globalThis.sharedDevServer?.close();
}
