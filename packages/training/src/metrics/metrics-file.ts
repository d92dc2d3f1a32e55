/** A file that metrics are appended to. */
export interface MetricsFile {
  append(bytes: Uint8Array): Promise<void>;
  /** Of what is there already, keeps the lines that pass. */
  keep(passes: (line: string) => boolean): Promise<void>;
}
