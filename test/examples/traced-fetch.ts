/** Downloads a URL as a worker downloads a manifest, with the tracing of example 07. */
import { tracingPlugin } from '../../examples/07-tracing/tracing';

async function main(url: string): Promise<void> {
  // The module makes the spans when it is loaded. A bundler keeps it only if the program uses it.
  if (tracingPlugin.name === '') throw new Error('no tracing');
  await (await fetch(url)).text();
}

void main(process.argv[2] ?? '');
