import type { StoredFile } from './emulator-files';
import type { EmulatorState } from './emulator-state';
import type { FileContents } from './file-contents';
import type { RunSnapshot } from './run-progress';
import type { Run } from './run-store';

/** A run at one moment, for an answer about it. */
export interface RunToAnswer {
  readonly run: Run;
  readonly snapshot: RunSnapshot;
  /** The emulator that the run belongs to. */
  readonly state: EmulatorState;
}

/** A refusal, for an answer about it. */
export interface RefusalToAnswer {
  readonly status: number;
  readonly message: string;
  readonly code?: string | undefined;
}

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Token of the next page; absent on the last one. */
  readonly nextPageToken?: string;
}

/** The data of a file that only the request for this one file is answered with. */
export interface FileDetails {
  readonly presignedUrl: string;
  /** Number of pages of a file that was parsed. */
  readonly pageCount?: number | undefined;
  readonly contents: FileContents | null;
}

/** The form in which one version of the API writes its answers. Every function returns a JSON body. */
export interface Answers {
  /** Answer to a submit. */
  submitted(to: RunToAnswer): object;
  /** Answer to `GET` of a run. `content` tells if it carries the content itself, or URLs. */
  run(to: RunToAnswer, content: 'json' | 'url'): object;
  /** Answer to `POST /parse` of a run that was processed. */
  parsedNow(to: RunToAnswer): object;
  /** Answer to the deletion of a run. */
  deletedRun(runId: string): object;
  /** Answer with one file. */
  file(file: StoredFile, details?: FileDetails): object;
  /** Answer with one page of the files. */
  files(page: Page<StoredFile>): object;
  /** Answer to the deletion of a file. */
  deletedFile(fileId: string): object;
  /** Answer to a refused request. */
  refusal(refusal: RefusalToAnswer): object;
}
