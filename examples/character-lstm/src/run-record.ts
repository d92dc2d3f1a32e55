import type {JSONObject} from '@gatefold/training';

/** What a run is of; a resumed run must be of the same. */
export type Settings = {
  corpus: string;
  characters: number;
  hiddenSize: number;
  seed: number;
};

/** What a run has shown so far; it travels in the checkpoint. */
export type History = {
  training: {step: number; loss: number; perplexity: number; learningRate: number}[];
  validation: {step: number; perplexity: number}[];
  samples: {step: number; sentences: string[]}[];
  /** Seconds of training, validation and samples included, over all sittings. */
  seconds: number;
};

export type RunRecord = {settings: Settings; history: History};

export function emptyHistory(): History {
  return {training: [], validation: [], samples: [], seconds: 0};
}

/** As it goes into a checkpoint. */
export function toJSON(record: RunRecord): JSONObject {
  return structuredClone(record) as unknown as JSONObject;
}
