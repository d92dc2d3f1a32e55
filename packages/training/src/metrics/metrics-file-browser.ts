import type {MetricsFile} from './metrics-file';

export async function openMetricsFile(path: string): Promise<MetricsFile> {
  throw new Error(`A page has no file ${path} to write metrics to. Give a function that takes them in its place.`);
}
