import {logExpectedCounts, sampleLogUniform} from '@gatefold/training';
import type {RandomGenerator} from 'pure-rand/types/RandomGenerator';
import {drawFromAliasTable, makeAliasTable} from '../sampling/alias-table';
import type {ResolvedSettings} from './minibatch-settings';

/** The words that a batch is told from. */
export interface SampledWords {
  samples: Int32Array;
  /** Present where scores are corrected. */
  logCounts?: {targets: Float32Array; samples: Float32Array};
}

/** Draws samples for the targets of a batch. */
export type SampleWords = (targets: Int32Array, generator: RandomGenerator) => SampledWords;

/** How a loss samples, from words that occur so often. */
export function sampling({kind, samples: count}: ResolvedSettings['loss'], counts: ArrayLike<number>): SampleWords {
  const size = counts.length;
  switch (kind) {
    case 'negativeSampling': {
      const table = makeAliasTable(Array.from(counts, (each) => each ** 0.75));
      return (_, generator) => {
        const draw = () => drawFromAliasTable(table, generator.next() >>> 0, generator.next() >>> 0);
        return {samples: Int32Array.from({length: count}, draw)};
      };
    }
    case 'sampledSoftmax':
    case 'noiseContrastive':
      return (targets, generator) => {
        const {ids, draws} = sampleLogUniform(size, count, generator);
        const logCounts = (words: Int32Array) => logExpectedCounts(words, size, {count, draws});
        return {samples: ids, logCounts: {targets: logCounts(targets), samples: logCounts(ids)}};
      };
    case 'fullSoftmax': {
      // All words: that of the target itself is an accidental hit, and does not count twice.
      const samples = Int32Array.from({length: size}, (_, id) => id);
      return () => ({samples});
    }
  }
}
