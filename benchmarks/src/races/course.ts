/** What ours and a peer train, with the names that both take. */
export interface Course {
  model: 'skipGram' | 'cbow';
  learningRate: number;
  dimension: number;
  window: number;
  epochs: number;
  minimumCount: number;
}

/** 100 numbers, window 5, words that occur 5 times, and word2vec's learning rate for the model. */
export function course(model: Course['model'], epochs: number): Course {
  return {model, learningRate: model === 'cbow' ? 0.05 : 0.025, dimension: 100, window: 5, epochs, minimumCount: 5};
}
