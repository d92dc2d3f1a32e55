// The readable truth: what the kernel does to the vectors, in plain arithmetic of float64. The tests hold the kernel to it.
import {makeAliasTable} from '../sampling/alias-table';
import {makeHuffmanTree} from '../training/huffman-tree';
import {keepProbabilities} from '../training/keep-probabilities';
import type {ResolvedSettings} from './parallel-settings';

interface Reference {
  settings: ResolvedSettings;
  counts: readonly number[];
  /** Rows of words, and of words or nodes of the Huffman tree; they are changed. */
  inputs: number[][];
  outputs: number[][];
}

/** A row that is predicted against, and whether it should be. */
interface Output {
  row: number[];
  label: 0 | 1;
}

/** Trains on chunk `chunk` of `chunks`; returns the loss of every prediction. */
export function trainChunkReference(model: Reference, ids: readonly number[], chunk: number, chunks: number): number[] {
  const {settings, counts, inputs} = model;
  const {learningRate, minimumLearningRate, window, subsample, seed} = settings;
  const random = generatorOf(seed, chunk);
  const rate = learningRate - (chunk / chunks) * (learningRate - minimumLearningRate);
  const keep = keepProbabilities(counts, subsample);
  const sentence = ids.filter((id) => random().high <= Math.floor(keep[id]! * (2 ** 32 - 1)));
  const losses: number[] = [];
  sentence.forEach((word, centre) => {
    const reach = 1 + Math.floor((random().high * window) / 2 ** 32);
    const around = [
      ...sentence.slice(Math.max(0, centre - reach), centre),
      ...sentence.slice(centre + 1, centre + reach + 1),
    ];
    if (around.length === 0) return;
    const outputs = settings.negativeSamples > 0 ? negativeSampling(model, word, random) : pathOf(model, word);
    const context = around.map((id) => inputs[id]!);
    losses.push(...(settings.model === 'cbow' ? cbow : skipGram)(context, outputs, rate, settings));
  });
  return losses;
}

/** The word, and others drawn from counts^0.75, which its whole context shares; one that is the word is left out. */
function negativeSampling({settings, counts, outputs}: Reference, word: number, random: Generator): Output[] {
  const {thresholds, aliases} = makeAliasTable(counts.map((count) => count ** 0.75));
  const drawn: Output[] = [{row: outputs[word]!, label: 1}];
  for (let sample = 0; sample < settings.negativeSamples; sample++) {
    const {high, low} = random();
    const place = Math.floor((high * counts.length) / 2 ** 32);
    const negative = low <= thresholds[place]! ? place : aliases[place]!;
    if (negative !== word) drawn.push({row: outputs[negative]!, label: 0});
  }
  return drawn;
}

function pathOf({counts, outputs}: Reference, word: number): Output[] {
  const {starts, nodes, branches} = makeHuffmanTree(counts);
  return Array.from(nodes.slice(starts[word], starts[word + 1]), (node, index) => ({
    row: outputs[node]!,
    label: branches[starts[word]! + index] === 0 ? 1 : 0,
  }));
}

/**
 * All gradients are those of the vectors before the window. They are applied to two rows of the context and three others
 * at a time, which read one another as they are just then.
 */
function skipGram(context: number[][], outputs: Output[], rate: number): number[] {
  const scores = context.map((x) => outputs.map(({row}) => dot(x, row)));
  const gradients = scores.map((line) => line.map((score, index) => rate * (outputs[index]!.label - sigmoid(score))));
  for (let first = 0; first < context.length; first += 2) {
    const pair = context.slice(first, first + 2);
    for (let at = 0; at < outputs.length; at += 3) {
      const before = pair.map((x) => [...x]);
      const after = pair.map((x) => [...x]);
      outputs.slice(at, at + 3).forEach(({row}, index) => {
        const old = [...row];
        pair.forEach((_, each) => {
          const gradient = gradients[first + each]![at + index]!;
          add(after[each]!, gradient, old);
          add(row, gradient, before[each]!);
        });
      });
      // Of a pair that is one word twice, the second stays.
      for (const [each, x] of pair.entries()) x.splice(0, x.length, ...after[each]!);
    }
  }
  return scores.map((line) => lossOf(line, outputs));
}

function cbow(context: number[][], outputs: Output[], rate: number, {contextReduction}: ResolvedSettings): number[] {
  const share = contextReduction === 'mean' ? 1 / context.length : 1;
  const whole = new Array<number>(context[0]!.length).fill(0);
  for (const x of context) add(whole, share, x);
  const scores = outputs.map(({row}) => dot(whole, row));
  const change = whole.map(() => 0);
  outputs.forEach(({row, label}, index) => {
    const gradient = rate * (label - sigmoid(scores[index]!));
    add(change, gradient, row);
    add(row, gradient, whole);
  });
  for (const x of context) add(x, 1, change); // of a mean too: as word2vec.c, not as its gradient
  return [lossOf(scores, outputs)];
}

function lossOf(scores: number[], outputs: Output[]): number {
  return scores.reduce((sum, score, index) => sum - Math.log(sigmoid(outputs[index]!.label === 1 ? score : -score)), 0);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function dot(x: number[], y: number[]): number {
  return x.reduce((sum, value, index) => sum + value * y[index]!, 0);
}

function add(target: number[], factor: number, x: number[]): void {
  for (let index = 0; index < target.length; index++) target[index]! += factor * x[index]!;
}

/** The two halves of the next 64 random bits. */
type Generator = () => {high: number; low: number};

/** SplitMix64 (Steele, Lea & Flood 2014), a stream for every chunk. */
function generatorOf(seed: number, chunk: number): Generator {
  let state = mix(mix(BigInt.asUintN(64, BigInt(seed))) + BigInt(chunk));
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    const bits = mix(state);
    return {high: Number(bits >> 32n), low: Number(bits & 0xffffffffn)};
  };
}

function mix(value: bigint): bigint {
  let bits = BigInt.asUintN(64, value);
  bits = BigInt.asUintN(64, (bits ^ (bits >> 30n)) * 0xbf58476d1ce4e5b9n);
  bits = BigInt.asUintN(64, (bits ^ (bits >> 27n)) * 0x94d049bb133111ebn);
  return bits ^ (bits >> 31n);
}
