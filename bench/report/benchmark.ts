import type { TopLevelSpec } from 'vega-lite';

/** Figures in rows and columns. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A sentence about the figures. The bench fails if it does not hold. */
export interface Claim {
  readonly sentence: string;
  readonly holds: boolean;
  /** The figures against which the sentence was checked. */
  readonly measured: string;
}

/** A plot of the figures. */
export interface Plot {
  /** File name without extension. */
  readonly name: string;
  readonly spec: TopLevelSpec;
}

/** The findings of one benchmark. */
export interface Report {
  readonly tables: readonly Table[];
  readonly claims: readonly Claim[];
  readonly plots: readonly Plot[];
}

/** Settings of {@link Benchmark.run}. */
export interface BenchmarkOptions {
  /** `true`: fewer documents and rounds, which checks the benchmark and gives no reliable figures. */
  readonly quick: boolean;
  /** Gets a line for each step. */
  readonly say: (line: string) => void;
}

/** One benchmark. */
export interface Benchmark {
  /** Its name on the command line. */
  readonly name: string;
  readonly run: (options: BenchmarkOptions) => Promise<Report>;
}
