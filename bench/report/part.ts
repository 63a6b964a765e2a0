import type { TopLevelSpec } from 'vega-lite';

/** Figures in rows and columns. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Something that the bench checks, and that fails the whole bench if it does not hold. */
export interface Claim {
  readonly sentence: string;
  readonly holds: boolean;
  /** The figures that it was checked against. */
  readonly measured: string;
}

/** A picture of the figures. */
export interface Plot {
  /** File name without extension. */
  readonly name: string;
  readonly spec: TopLevelSpec;
}

/** What one part of the bench found. */
export interface Report {
  readonly tables: readonly Table[];
  readonly claims: readonly Claim[];
  readonly plots: readonly Plot[];
}

/** How a part runs. */
export interface PartOptions {
  /** Fewer documents and rounds: to see that it works, not for figures to publish. */
  readonly quick: boolean;
  /** Told what is going on, in one line. */
  readonly say: (line: string) => void;
}

/** One part of the bench. */
export interface Part {
  /** What it is called on the command line. */
  readonly name: string;
  readonly run: (options: PartOptions) => Promise<Report>;
}
