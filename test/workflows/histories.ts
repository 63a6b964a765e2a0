import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { patchProtobufRoot } from '@temporalio/common/lib/protobufs';
import * as proto from '@temporalio/proto';

type History = proto.temporal.api.history.v1.IHistory;

/** The protobufjs of the message types: Temporal's own reader of history files fails where npm installs two of them. */
const { fromJson } = createRequire(require.resolve('@temporalio/proto'))('protobufjs/ext/protojson') as {
  fromJson: (type: unknown, json: unknown, options: { readonly ignoreUnknownFields: boolean }) => History;
};
const root = patchProtobufRoot(proto) as unknown as { lookupType: (name: string) => unknown };
const historyType = root.lookupType('temporal.api.history.v1.History');

/** Where recorded histories are kept. */
export const HISTORIES_DIRECTORY = join(__dirname, '..', 'histories');

/** A recorded history. */
export interface RecordedHistory {
  /** Name of its file, without the ending. */
  readonly name: string;
  /** What its file holds: Temporal's own JSON of a history. */
  readonly text: string;
  readonly history: History;
}

/** Reads Temporal's own JSON of a history. */
export function readHistory(text: string): History {
  return fromJson(historyType, JSON.parse(text), { ignoreUnknownFields: true });
}

/** Every history recorded in `directory`. */
export function recordedHistories(directory = HISTORIES_DIRECTORY): RecordedHistory[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => {
    const text = readFileSync(join(directory, file), 'utf8');
    return { name: file.slice(0, -'.json'.length), text, history: readHistory(text) };
  });
}
