import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { patchProtobufRoot } from '@temporalio/common/lib/protobufs';
import * as proto from '@temporalio/proto';

type History = proto.temporal.api.history.v1.IHistory;

/** The protobufjs of the message types. Temporal's own reader of history files fails if npm installs two copies of it. */
const { fromJson } = createRequire(require.resolve('@temporalio/proto'))('protobufjs/ext/protojson') as {
  fromJson: (type: unknown, json: unknown, options: { readonly ignoreUnknownFields: boolean }) => History;
};
const root = patchProtobufRoot(proto) as unknown as { lookupType: (name: string) => unknown };
const historyType = root.lookupType('temporal.api.history.v1.History');

/** Directory of the recorded histories. */
export const HISTORIES_DIRECTORY = join(__dirname, '..', 'histories');

/** A recorded history. */
export interface RecordedHistory {
  /** Name of its file, without the extension. */
  readonly name: string;
  /** Content of its file: Temporal's own JSON of a history. */
  readonly text: string;
  readonly history: History;
}

/** Reads Temporal's own JSON of a history. */
export function readHistory(text: string): History {
  return fromJson(historyType, JSON.parse(text), { ignoreUnknownFields: true });
}

/** Returns every history recorded in `directory`. */
export function recordedHistories(directory = HISTORIES_DIRECTORY): RecordedHistory[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => {
    const text = readFileSync(join(directory, file), 'utf8');
    return { name: file.slice(0, -'.json'.length), text, history: readHistory(text) };
  });
}
