import type {BackendName} from '@gatefold/gpu-kernels';
import type {OptimizerSettings} from '@gatefold/training';
import type {ScheduleName} from './learning-rate';
import type {ProgramName} from './programs';

/** What makes one run another run: the same settings end with the same numbers. Plain JSON, for the checkpoint. */
export type Settings = {
  program: ProgramName;
  steps: number;
  hiddenSize: number;
  optimizer: OptimizerSettings['kind'];
  learningRate: number;
  schedule: ScheduleName;
  /** Steps that the rate climbs before the schedule begins. */
  warmUp: number;
  backend: BackendName;
  /** Reports without a better validation before the training stops; null where it runs all its steps. */
  earlyStopping: number | null;
  seed: number;
  /** A named corpus, or the full path of a file. */
  corpus: string;
};
