import {InitialWeights} from '@gatefold/training';
import type {Variable} from '@tensorflow/tfjs-core';
import {gatesOf} from '../recurrent-layer/recurrent-layer';
import type {FullConfiguration} from './configuration';

/** The parameters of a fresh model, by name, in the order in which they are drawn. See `Seq2SeqModel.parameters`. */
export function initialParameters(configuration: FullConfiguration): Record<string, Variable> {
  const {cell, attention, embeddingSize, hiddenSizes, encoderHiddenSizes, bidirectional} = configuration;
  const weights = new InitialWeights(configuration.seed);
  const parameters: Record<string, Variable> = {};
  const matrix = (name: string, [rows, columns]: [number, number]) => {
    parameters[name] = weights.normal([rows, columns], Math.min(0.1, 1 / Math.sqrt(rows)));
  };
  const bias = (name: string, size: number) => {
    parameters[name] = weights.zeros(size);
  };
  const layer = (name: string, inputSize: number, hiddenSize: number) => {
    matrix(`${name}.kernel`, [inputSize, gatesOf[cell] * hiddenSize]);
    matrix(`${name}.recurrentKernel`, [hiddenSize, gatesOf[cell] * hiddenSize]);
    bias(`${name}.bias`, gatesOf[cell] * hiddenSize);
  };
  const table = (name: string, rows: number) => {
    parameters[name] = weights.uniform([rows, embeddingSize], 1);
  };

  const {source, target} = embeddingNames(configuration);
  table(source, configuration.sourceVocabularySize);
  if (target !== source) table(target, configuration.targetVocabularySize);

  const directions = bidirectional ? 2 : 1;
  let width = embeddingSize;
  encoderHiddenSizes.forEach((size, index) => {
    layer(`encoder.${cell}${index}`, width, size);
    if (bidirectional) layer(`encoder.${cell}${index}.backward`, width, size);
    width = directions * size;
  });
  hiddenSizes.forEach((size, index) => {
    const given = directions * encoderHiddenSizes[index]!;
    if (given === size) return;
    for (const part of cell === 'gru' ? ['hidden'] : ['hidden', 'cell']) {
      matrix(`bridge${index}.${part}.kernel`, [given, size]);
      bias(`bridge${index}.${part}.bias`, size);
    }
  });

  const [bottomSize, topSize] = [hiddenSizes[0]!, hiddenSizes.at(-1)!];
  const contextSize = attention === 'none' ? 0 : width;
  if (attention !== 'none') matrix('attention.keyKernel', [contextSize, bottomSize]);
  if (attention === 'additive') {
    bias('attention.keyBias', bottomSize);
    matrix('attention.queryKernel', [bottomSize, bottomSize]);
    parameters['attention.scoreVector'] = weights.normal([bottomSize], 1 / Math.sqrt(bottomSize));
  }
  hiddenSizes.forEach((size, index) => {
    layer(`decoder.${cell}${index}`, index === 0 ? embeddingSize : hiddenSizes[index - 1]! + contextSize, size);
    if (index === 0 && contextSize > 0) matrix(`decoder.${cell}0.contextKernel`, [contextSize, gatesOf[cell] * size]);
  });

  const outputSize = configuration.tiedOutput ? embeddingSize : topSize;
  if (contextSize > 0) {
    matrix('combination.kernel', [topSize + contextSize, outputSize]);
    bias('combination.bias', outputSize);
  }
  const {targetVocabularySize, tiedOutput} = configuration;
  if (!tiedOutput) {
    parameters['output.table'] = weights.normal(
      [targetVocabularySize, outputSize],
      Math.min(0.1, 1 / Math.sqrt(outputSize)),
    );
  }
  bias('output.bias', targetVocabularySize);
  return parameters;
}

/** The tables that sources and targets are looked up in, and that outputs are made with. */
export function embeddingNames({tiedEmbeddings, tiedOutput}: FullConfiguration) {
  const source = tiedEmbeddings ? 'embedding' : 'source.embedding';
  const target = tiedEmbeddings ? 'embedding' : 'target.embedding';
  return {source, target, output: tiedOutput ? target : 'output.table'};
}
