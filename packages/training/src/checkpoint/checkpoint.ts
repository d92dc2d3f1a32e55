import type {JSONObject} from './json';
import type {StoredTensor} from './safetensors';

/** A model, with or without the training it is in, as plain data. */
export interface Checkpoint {
  /** What it is of, such as `gatefold/language-model`. */
  kind: string;
  /**
   * Configuration, positions, generators: JSON. Finite numbers come back exactly; whole numbers beyond 2^53, such as
   * 64-bit seeds, belong here as text.
   */
  state: JSONObject;
  /** Every tensor by name. */
  tensors: Record<string, StoredTensor>;
}
