/**
 * `temporal-extend-parse/activities`, for workers: the activities that talk to Extend. Requires Node. Never import its
 * values in workflow code.
 *
 * @packageDocumentation
 */
export { createParseActivities } from './create-parse-activities';
export type { ParseActivitiesOptions } from './create-parse-activities';
export type {
  BatchActivities,
  BatchLocation,
  CancelAnswer,
  CancelRunInput,
  DeleteRunInput,
  DeliveredResult,
  DocumentsInput,
  EndedDocument,
  FetchedResult,
  FetchResultInput,
  FindRunInput,
  FollowGroupInput,
  FoundRun,
  FoundRuns,
  GetStatusInput,
  GroupActivities,
  GroupAnswer,
  GroupReference,
  GroupWork,
  PageDocument,
  ParseActivities,
  PrepareBatchInput,
  PreparedBatch,
  ReadBatchPageInput,
  ResultCounters,
  StatusAnswer,
  SubmitParseInput,
  SubmittedRun,
  TakeGroupInput,
  TakenOutcomes,
  UploadedFile,
  UploadFileInput,
  VersionedFields,
  WriteOutcomesInput,
} from './types';
export type { EarlierParse, EarlierRun, LostSubmit, RunVersion, SubmitIdentity } from '../contract';
export type { ProxyOptions } from '../http';
