import type {Row} from '../../row';

/** A line for each backend on which kernels were timed: how many, and how they stand beside the references. */
export function kernelSummary(rows: Row[]): string[] {
  const ofKernels = rows.filter(({workload}) => workload.startsWith('kernels/'));
  return [...new Set(ofKernels.map(({backend}) => backend))].map((backend) => {
    const here = ofKernels.filter((row) => row.backend === backend);
    const ratios = here
      .filter(({fallsBack}) => !fallsBack)
      .map(({ratio}) => ratio)
      .sort((a, b) => a - b);
    const [smallest = Number.NaN, median = Number.NaN] = [ratios[0], ratios[ratios.length >> 1]];
    return (
      `${backend}: ${here.length} rows, ${here.length - ratios.length} of them the reference; ` +
      `of the others the smallest ratio is ${smallest.toFixed(2)}, the median ${median.toFixed(1)}`
    );
  });
}
