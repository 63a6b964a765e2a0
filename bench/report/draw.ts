import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plot } from './benchmark';

/** Draws a plot into `<directory>/<name>.svg`, and returns that path. */
export async function draw({ name, spec }: Plot, directory: string): Promise<string> {
  // Both are ES modules, which a CommonJS program loads by import().
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  // A plot on a dark page needs a background of its own.
  const { spec: vegaSpec } = compile({ background: 'white', padding: 10, ...spec });
  const view = new View(parse(vegaSpec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${name}.svg`);
  await writeFile(path, `${svg}\n`);
  return path;
}
