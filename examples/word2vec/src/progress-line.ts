import type {Word2VecEvent} from '@gatefold/word2vec';

/** One line of how the training stands. */
export function progressLine(event: Extract<Word2VecEvent, {kind: 'progress'}>): string {
  const {words, totalWords, wordsPerSecond, loss, learningRate, secondsLeft} = event;
  return [
    `${((100 * words) / totalWords).toFixed(1).padStart(5)} %`,
    `${Math.round(wordsPerSecond / 1000).toLocaleString('en')} k words/s`,
    `loss ${loss.toFixed(3)}`,
    `learning rate ${learningRate.toPrecision(3)}`,
    `${Math.ceil(secondsLeft)} s left`,
  ].join('   ');
}
