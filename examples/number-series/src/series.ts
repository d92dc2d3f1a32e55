/** Windows of a series and what follows each of their values; both `[T, B, 1]`, time-major, flattened. */
export interface SeriesBatch {
  inputs: Float32Array;
  targets: Float32Array;
  /** `[T, B, 1]` */
  shape: [number, number, number];
}

/** 1, 1/2, 1/3, ... */
export function harmonicSeries(length: number): Float32Array {
  return Float32Array.from({length}, (_, index) => 1 / (index + 1));
}

/** The windows of `length` values that begin at `starts`; the targets are the same windows, one value on. */
export function windowsOf(series: Float32Array, starts: readonly number[], length: number): SeriesBatch {
  const shape: [number, number, number] = [length, starts.length, 1];
  const at = (by: number) =>
    Float32Array.from({length: length * starts.length}, (_, index) => {
      const step = Math.floor(index / starts.length);
      return series[starts[index % starts.length]! + step + by]!;
    });
  return {inputs: at(0), targets: at(1), shape};
}

/** An endless source of the same batch, as `Training` takes them. */
export class SameBatch {
  constructor(readonly batch: SeriesBatch) {}

  next(): SeriesBatch {
    return this.batch;
  }

  state(): Record<string, never> {
    return {};
  }

  restore(): void {}
}
