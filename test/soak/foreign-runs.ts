import { randomUUID } from 'node:crypto';
import { isPlainObject } from '../../json';
import type { Emulator, EmulatorRun, ScriptedDocument } from '../../local/extend';
import { callNew } from '../local/extend/api-call';
import { eachAtItsTime } from './at-its-time';
import { createRandom } from './seeded-random';

/**
 * The resemblance of a run of others to a run of the soak:
 *  - `equalName`: it has the same file name, and no metadata.
 *  - the others: it has the same file name, and a copy of the metadata in which one member is another one.
 */
export type Resemblance = 'equalName' | 'otherNamespace' | 'otherWorkflow' | 'otherExecution' | 'otherSubmit';

/** A run that others create in the workspace of the soak. */
export interface ForeignRun {
  /** Time of its submit, in milliseconds from the beginning of the load. */
  readonly atMs: number;
  readonly resemblance: Resemblance;
  /** The run that it resembles: its place among the runs that exist then, from 0 up to, but not including, 1. */
  readonly place: number;
}

/** Name of the scripted document that every run of others is. */
export const FOREIGN_SCRIPT = 'foreign';
/** The scripted document that every run of others is. */
export const FOREIGN_DOCUMENT: ScriptedDocument = { processingReads: 2 };

const FOREIGN_URL = `http://emulator.invalid/${FOREIGN_SCRIPT}`;
const RESEMBLANCES: readonly Resemblance[] = [
  'equalName',
  'otherNamespace',
  'otherWorkflow',
  'otherExecution',
  'otherSubmit',
];

/** Plans the runs of others. Pure. */
export function planForeignRuns(options: {
  readonly seed: string;
  readonly count: number;
  readonly loadMs: number;
}): ForeignRun[] {
  const random = createRandom(`${options.seed}/foreign runs`);
  const runs = Array.from({ length: options.count }, (): ForeignRun => {
    const atMs = random.whole(0, options.loadMs);
    return { atMs, resemblance: random.weighted(RESEMBLANCES.map((one) => [1, one] as const)), place: random.next() };
  });
  return runs.sort((one, other) => one.atMs - other.atMs);
}

/** Tells if others created the run. */
export function isForeign({ script }: Pick<EmulatorRun, 'script'>): boolean {
  return script === FOREIGN_SCRIPT;
}

/** Creates the runs of others, each at its time. Ends early if the signal is aborted. @throws Error if one is refused */
export async function createForeignRuns(
  planned: readonly ForeignRun[],
  emulator: Emulator,
  signal: AbortSignal,
): Promise<void> {
  for await (const foreign of eachAtItsTime(planned, signal)) {
    const runs = emulator.runs.filter((run) => !isForeign(run));
    const model = runs[Math.floor(foreign.place * runs.length)];
    if (model !== undefined) await submit(emulator, toForeignSubmit(foreign, model));
  }
}

/** Gives the body of the submit that creates a run of others. */
export function toForeignSubmit({ resemblance }: ForeignRun, model: Pick<EmulatorRun, 'fileUrl' | 'metadata'>): object {
  const file = { url: FOREIGN_URL, name: model.fileUrl?.split('/').at(-1) };
  const copied = model.metadata?.['temporal'];
  if (resemblance === 'equalName' || !isPlainObject(copied)) return { file };
  const others: Record<typeof resemblance, object> = {
    otherNamespace: { namespace: 'another' },
    otherWorkflow: { workflowId: copied['workflowId'] === 'soak-1' ? 'soak-2' : 'soak-1' },
    otherExecution: { firstRunId: randomUUID() },
    otherSubmit: { submit: 99 },
  };
  return { file, metadata: { temporal: { ...copied, ...others[resemblance] } } };
}

async function submit(emulator: Emulator, body: object): Promise<void> {
  const { status, body: answer } = await callNew(emulator, 'POST', '/parse_runs', body);
  // Extend answers with 503 during an outage of the soak.
  if (status !== 200 && status !== 503) throw new Error(`a run of others was refused: ${JSON.stringify(answer)}`);
}
