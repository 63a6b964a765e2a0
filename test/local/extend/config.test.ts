/** Risk tested here: a configuration that Extend refuses passes in tests, or an option is ignored and nothing says so. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../../local/extend';
import { ignoredOptions, effectiveConfig } from '../../../local/extend/effective-config';
import { call, callNew } from './api-call';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const SCRIPTED = 'http://emulator.invalid/ok';

describe('a wrong configuration is refused with its path, its rule and its value', () => {
  it.each<[unknown, string]>([
    [{ target: 'html' }, 'target must be markdown or spatial, got "html"'],
    [{ target: 5 }, 'target must be markdown or spatial, got 5'],
    [{ engine: 'foo' }, 'engine must be parse_performance, parse_light or parse_auto, got "foo"'],
    [{ blockOptions: [] }, 'blockOptions must be an object, got []'],
    [
      { blockOptions: { tables: { targetFormat: 'csv' } } },
      'blockOptions.tables.targetFormat must be markdown or html, got "csv"',
    ],
    [
      { blockOptions: { figures: { enabled: 'yes' } } },
      'blockOptions.figures.enabled must be true or false, got "yes"',
    ],
    [{ blockOptions: { tabels: {} } }, 'blockOptions.tabels is no option of version 2025-04-21'],
    [{ chunking: { type: 'page' } }, 'chunking is no option of version 2025-04-21'],
    [{ constructor: 1 }, 'constructor is no option of version 2025-04-21'],
    [
      { chunkingStrategy: { type: 'sentence' } },
      'chunkingStrategy.type must be page, document or section, got "sentence"',
    ],
    [
      { chunkingStrategy: { options: { minCharacters: -5 } } },
      'chunkingStrategy.options.minCharacters must be an integer of at least 0, got -5',
    ],
    [
      { chunkingStrategy: { options: { minCharacters: 'x' } } },
      'chunkingStrategy.options.minCharacters must be an integer of at least 0, got "x"',
    ],
    [
      { chunkingStrategy: { options: { maxCharacters: 0 } } },
      'chunkingStrategy.options.maxCharacters must be an integer of at least 1, got 0',
    ],
    [
      { chunkingStrategy: { options: { minCharacters: 500, maxCharacters: 100 } } },
      'chunkingStrategy.options.minCharacters must be at most maxCharacters, got 500 and 100',
    ],
    [
      { advancedOptions: { verticalGroupingThreshold: 99 } },
      'advancedOptions.verticalGroupingThreshold must be a number from 0.1 to 5, got 99',
    ],
    [
      { advancedOptions: { excelParsingMode: 'weird' } },
      'advancedOptions.excelParsingMode must be basic or advanced, got "weird"',
    ],
    [{ engineVersion: '2.0.0' }, 'engineVersion is no option of version 2025-04-21'],
    [
      { target: 'spatial', chunkingStrategy: { type: 'section' } },
      'target spatial supports page chunking only, got section',
    ],
  ])('%j', async (config, message) => {
    const { status, body } = await call(emulator, 'POST', '/parse/async', { file: { fileUrl: SCRIPTED }, config });
    expect([status, body.code, body.error]).toEqual([400, 'INVALID_CONFIG_OPTIONS', message]);
  });

  it('also in the other version, by the rules of that version', async () => {
    const submit = (config: unknown) => callNew(emulator, 'POST', '/parse_runs', { file: { url: SCRIPTED }, config });
    const old = await submit({ advancedOptions: { agenticOcrEnabled: true } });
    expect([old.status, old.body.code]).toEqual([400, 'INVALID_CONFIG_OPTIONS']);
    const open = await submit({ advancedOptions: { pageRanges: [{ start: 2 }] } });
    expect([open.status, open.body.code]).toEqual([400, 'INVALID_CONFIG_OPTIONS']);
    expect((await submit({ engineVersion: 'latest', engine: 'parse_auto' })).status).toBe(200);
  });
});

it('every documented option is accepted, and null stands for the default', async () => {
  const config = {
    target: null,
    engine: 'parse_light',
    chunkingStrategy: { type: 'page', options: { minCharacters: 0, maxCharacters: 8000 } },
    blockOptions: {
      figures: { enabled: false, figureImageClippingEnabled: false },
      tables: { enabled: true, targetFormat: 'html', cellBlocksEnabled: true, agentic: { enabled: false } },
      text: { signatureDetectionEnabled: false, agentic: { enabled: true, customInstructions: 'numbers' } },
    },
    advancedOptions: {
      pageRotationEnabled: false,
      pageRanges: [{ start: 1, end: 3 }, { start: 7 }],
      excelSkipHiddenContent: true,
      verticalGroupingThreshold: 1.5,
      returnOcr: { words: true },
    },
  };
  const { status, body } = await call(emulator, 'POST', '/parse', { file: { fileUrl: SCRIPTED }, config });
  expect([status, body.config.target]).toEqual([200, 'markdown']);
});

describe('options that the emulator cannot honour', () => {
  it('are named if the caller sets them, and not for their defaults', () => {
    const given = {
      blockOptions: { text: { agentic: { enabled: true } }, figures: { enabled: true } },
      advancedOptions: { agenticOcrEnabled: false, excelParsingMode: 'advanced', alwaysConvertToPdf: true },
    };
    expect(ignoredOptions(effectiveConfig(given, '2025-04-21'))).toEqual([
      'blockOptions.text.agentic.enabled',
      'advancedOptions.excelParsingMode',
      'advancedOptions.alwaysConvertToPdf',
    ]);
    expect(ignoredOptions(effectiveConfig({}, '2025-04-21'))).toEqual([]);
  });
});
