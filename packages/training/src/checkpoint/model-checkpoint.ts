import type {Variable} from '@tensorflow/tfjs-core';
import {CheckpointError} from '../errors/checkpoint-error';
import type {Checkpoint} from './checkpoint';
import type {JSONObject} from './json';
import {restoreTensors, storeTensors} from './stored-tensors';

/** A model that its configuration and its parameters make up. */
export interface ConfiguredModel {
  /** What its constructor takes, as JSON. */
  readonly configuration: object;
  readonly parameters: Readonly<Record<string, Variable>>;
  dispose(): void;
}

/** The checkpoint of a model alone: `configuration` in its state, tensors under `parameters/`. */
export async function modelCheckpoint(
  kind: string,
  {configuration, parameters}: Pick<ConfiguredModel, 'configuration' | 'parameters'>,
): Promise<Checkpoint> {
  return {
    kind,
    state: {configuration: {...configuration} as JSONObject},
    tensors: await storeTensors('parameters', parameters),
  };
}

/**
 * The model that a checkpoint holds, whether it is of the model alone or of a training.
 *
 * @param build makes a model of the stored configuration, whose parameters then become the stored ones.
 * @throws CheckpointError where the checkpoint is of another kind, or its tensors do not fit the model; and what `build`
 *   throws.
 *
 * @example
 * static fromCheckpoint(checkpoint: Checkpoint) {
 *   return restoreModel('mine', checkpoint, (configuration) => new Mine(configuration));
 * }
 */
export function restoreModel<Model extends ConfiguredModel>(
  kind: string,
  checkpoint: Checkpoint,
  build: (configuration: Model['configuration']) => Model,
): Model {
  if (checkpoint.kind !== kind) {
    throw new CheckpointError(`This checkpoint is of kind ${JSON.stringify(checkpoint.kind)}, expected "${kind}".`);
  }
  const model = build(checkpoint.state.configuration as Model['configuration']);
  try {
    restoreTensors('parameters', checkpoint.tensors, model.parameters);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}
