/** For workers: the activities that talk to Extend. Needs Node; never import its values in workflow code. */
export { createParseActivities } from './create-parse-activities';
export type { ParseActivitiesOptions } from './create-parse-activities';
export type {
  DeleteRunInput,
  FetchedResult,
  FetchResultInput,
  GetStatusInput,
  ParseActivities,
  ResultCounters,
  StatusAnswer,
  SubmitParseInput,
  SubmittedRun,
  UploadedFile,
  UploadFileInput,
} from './types';
