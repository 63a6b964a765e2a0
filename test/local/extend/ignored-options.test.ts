/** Risk tested here: an option that the emulator cannot honour is ignored, and nothing says so. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Emulator } from '../../../local/extend';
import { Workplace } from '../../cli/run-command';
import { parseBytes } from './api-call';
import { sampleDocument } from './sample-documents';

let workplace: Workplace;
beforeAll(() => {
  workplace = new Workplace();
});
afterAll(() => workplace.remove());

it('an option that the emulator cannot honour is named once on standard error', async () => {
  const command = workplace.start(['emulator']);
  const [, url] = /listening on (\S+)\n/.exec(await command.waitFor(/listening on \S+\n/)) ?? [];
  const emulator = { url } as Emulator;
  const config = { advancedOptions: { alwaysConvertToPdf: true, pageRotationEnabled: false } };
  for (let run = 0; run < 2; run += 1) await parseBytes(emulator, sampleDocument('harbour.md'), 'a.md', config);
  command.child.kill('SIGTERM');
  const { stderr } = await command.ended;
  expect(stderr).toBe(
    'emulator: advancedOptions.alwaysConvertToPdf has no effect: the emulator cannot honour this option, Extend can\n',
  );
});
