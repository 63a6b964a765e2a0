import { DefaultLogger, Runtime } from '@temporalio/worker';

let installed = false;

/** Hides the worker's warnings, because these tests cause many of them. */
export function quietly(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}
