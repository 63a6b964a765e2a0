/** Downloads a URL as a worker downloads a manifest, with the tracing of example 07. */
import { tracingPlugin } from '../../examples/07-tracing/tracing';

async function main(url: string): Promise<void> {
  // The spans are made by a module that is loaded for its effect: a bundler keeps it, because the program uses it.
  if (tracingPlugin.name === '') throw new Error('no tracing');
  await (await fetch(url)).text();
}

void main(process.argv[2] ?? '');
