import type { ApiVersion } from '../../contract/extend/parse-api';
import { defined, isPlainObject } from '../../json';
import { findScript, type NamedScript } from './find-script';
import { readOrder, type OrderInBody, type OrderRules } from './read-order';
import { RefusedRequest, unlessRefused } from './refused-request';
import type { ScriptedDocument } from './scripted-document';

/** A submit's body, read once. */
export interface Submission {
  /** File id in the body, even if the body is refused. */
  readonly fileId?: string;
  /** URL of the document in the body, even if the body is refused. */
  readonly fileUrl?: string;
  /** Scripted document that the URL in the body names, even if the body is refused for another reason. */
  readonly script?: NamedScript;
  /** Run that the body orders, or the refusal of the body. */
  readonly order: OrderInBody | RefusedRequest;
}

/** The settings of an emulator by which it reads a submit's body. */
export interface SubmissionRules extends OrderRules {
  /** Scripted documents besides the built-in ones, by name. */
  readonly scripts: Readonly<Record<string, ScriptedDocument>>;
}

/** Members of `file` with the URL and the id, by version. */
const FILE_MEMBERS: Readonly<Record<ApiVersion, { readonly url: string; readonly id: string }>> = {
  '2025-04-21': { url: 'fileUrl', id: 'fileId' },
  '2026-02-09': { url: 'url', id: 'id' },
};

/** Reads a submit's body. If the file and the script are wrong, the refusal names the file. */
export function readSubmission(body: unknown, apiVersion: ApiVersion, rules: SubmissionRules): Submission {
  const file = isPlainObject(body) && isPlainObject(body['file']) ? body['file'] : {};
  const { url, id } = FILE_MEMBERS[apiVersion];
  const fileUrl = textOf(file[url]);
  const script = fileUrl === undefined ? undefined : unlessRefused(() => findScript(fileUrl, rules.scripts));
  const order = unlessRefused(() => {
    const read = readOrder(body, apiVersion, rules);
    if (script instanceof RefusedRequest) throw script;
    return read;
  });
  const known = { fileId: textOf(file[id]), fileUrl, script: script instanceof RefusedRequest ? undefined : script };
  return { ...defined(known), order };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
