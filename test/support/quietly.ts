import { DefaultLogger, Runtime } from '@temporalio/worker';

let installed = false;

/** Silences the warnings of workers: tests expect them, and there are many. */
export function quietly(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
}
