import type { DocumentParser } from './document-parser';
import type { EmulatorFiles } from './emulator-files';
import type { PresignedUrls } from './presigned-urls';
import type { OrderRules } from './read-order';
import type { RateLimits } from './rate-limits';
import type { RunListOptions } from './run-list-options';
import type { RunStore } from './run-store';
import type { ScriptedDocument } from './scripted-document';
import type { Webhooks } from './webhooks/webhooks';

/** The state of one emulator, which all its routes share. */
export interface EmulatorState {
  readonly files: EmulatorFiles;
  readonly runs: RunStore;
  readonly presigned: PresignedUrls;
  readonly webhooks: Webhooks;
  readonly parser: DocumentParser;
  /** Scripted documents besides the built-in ones, by name. */
  readonly scripts: Readonly<Record<string, ScriptedDocument>>;
  /** Keys that the emulator accepts; none if it accepts any key. */
  readonly apiKeys: readonly string[];
  /** Rate limits of all callers together. */
  readonly rateLimits: RateLimits;
  /** Options that the emulator has reported as ignored. */
  readonly reportedOptions: Set<string>;
  /** Settings of the list of runs. */
  readonly runList: RunListOptions;
  /** Reaction to a submit that asks for zero retention. */
  readonly zeroRetention: OrderRules['zeroRetention'];
  /** Largest document, in bytes. */
  readonly maxInputBytes: number;
  /** Longest download of a `fileUrl`, in milliseconds. */
  readonly downloadTimeoutMs: number;
  /** Aborts everything that still runs in the background. */
  readonly closing: AbortSignal;
  /** The emulator's own address. */
  baseUrl: string;
}
