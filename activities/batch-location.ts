/** Location of the pages and outcomes of one workflow execution of a batch. */
export interface BatchLocation {
  /** Beginning of the names of the objects that the activities write. */
  readonly directory: string;
  /** Beginning of the URIs of the objects that the activities read. */
  readonly uri: string;
}
