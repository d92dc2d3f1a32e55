import type {JSONObject} from './json';
import type {StoredTensor} from './safetensors';

/** A model, with or without the training it is in, as plain data. */
export interface Checkpoint {
  /** What it is of, such as `gatefold/language-model`. */
  kind: string;
  /** Configuration, positions, generators: JSON. */
  state: JSONObject;
  /** Every tensor by name. */
  tensors: Record<string, StoredTensor>;
}
