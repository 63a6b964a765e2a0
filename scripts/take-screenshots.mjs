/**
 * `npm run docs:screenshots`: pictures of Temporal's UI for `docs/operating.md`.
 *
 * It starts a dev server, an emulator and a worker, lets documents wait, fail and end, and takes pictures with the
 * chromium of the system (`CHROMIUM`, by default /usr/bin/chromium: Debian's package `chromium`).
 */
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { ensureBuilt, ROOT } from './ensure-built.mjs';

await ensureBuilt();
const require = createRequire(import.meta.url);
const { findTemporalServer, startDevServer } = require('../dist/local/temporal');
const { startEmulator } = require('../dist/local/extend');
const { createParseWorker } = require('../dist/worker');
const { ParseClient } = require('../dist/client');
const { Client, Connection } = require('@temporalio/client');
const { NativeConnection } = require('@temporalio/worker');

const IMAGES = join(ROOT, 'docs/images');
const SIZE = { width: 1300, height: 1000 };
/** The UI asks the worker for the details after it has shown the rest. */
const SETTLE_MS = 4_000;
const taskQueue = 'extend-parse';

const server = await startDevServer({ executable: await findTemporalServer({ kind: 'dev-server' }) });
const emulator = await startEmulator();
const connection = await Connection.connect({ address: server.address });
const native = await NativeConnection.connect({ address: server.address });
const activities = { apiKey: 'local', baseUrl: emulator.url };
const worker = await createParseWorker({ connection: native, taskQueue, activities, shutdownGraceTimeMs: 0 });
const running = worker.run();
const parsing = new ParseClient({ client: new Client({ connection }), taskQueue });

const play = (script, name) => ({ file: { fileUrl: `http://emulator.invalid/${script}`, fileName: name } });
const waiting = await parsing.start(play('never', 'annual-report.pdf'), { workflowId: 'annual-report' });
const failing = await parsing.start(play('failing', 'invoice-17.pdf'), { workflowId: 'invoice-17' });
await failing.result().catch(() => undefined);
while (((await waiting.progress()).polls ?? 0) < 3) await sleep(200);

mkdirSync(IMAGES, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: SIZE });
for (const [name, workflowId, tab] of [
  ['timeline', 'annual-report', 'Timeline'],
  ['waiting', 'annual-report', 'User Metadata'],
  ['failed', 'invoice-17', 'User Metadata'],
]) {
  await page.goto(`${server.uiUrl}/namespaces/default/workflows/${workflowId}`, { waitUntil: 'domcontentloaded' });
  await page
    .getByRole('tab', { name: tab })
    .or(page.getByRole('link', { name: tab }))
    .first()
    .click();
  await sleep(SETTLE_MS);
  await page.screenshot({ path: join(IMAGES, `temporal-ui-${name}.png`) });
}
await browser.close();
await waiting.cancel();
await waiting.result().catch(() => undefined);
worker.shutdown();
await running;
await native.close();
await connection.close();
await emulator.close();
await server.close();
