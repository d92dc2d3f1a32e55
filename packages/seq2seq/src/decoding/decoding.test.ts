import {useBackend} from '@gatefold/gpu-kernels';
import {backendsUnderTest, expectClose, expectNoLeak, startBackend} from '@gatefold/test-kit';
import {beforeAll, describe, expect, test} from 'vitest';
import {symbols} from '../batch/symbols';
import {batchOf, reversals, vocabularySize} from '../fixtures/reversal-batches';
import type {Seq2SeqConfiguration} from '../model/configuration';
import {Seq2SeqModel} from '../model/seq2seq-model';

const configuration = {
  ...{sourceVocabularySize: vocabularySize, embeddingSize: 5},
  ...{hiddenSizes: [8, 7], encoderHiddenSizes: [6, 7], seed: 3},
};
const sources = reversals(6, 5, 9).map(({source}) => source);

const kinds: Partial<Seq2SeqConfiguration>[] = [{}, {cell: 'gru', attention: 'multiplicative'}, {attention: 'none'}];

/** A model whose choices are far from even, so that searches differ. */
async function wilful(given: Partial<Seq2SeqConfiguration> = {}): Promise<Seq2SeqModel> {
  const model = new Seq2SeqModel({...configuration, ...given});
  const {state, ...checkpoint} = await model.checkpoint();
  model.dispose();
  for (const {data} of Object.values(checkpoint.tensors))
    for (const [index, value] of data.entries()) data[index] = 4 * value;
  return Seq2SeqModel.fromCheckpoint({...checkpoint, state});
}

/** Every target of at most `length` symbols, EOS among them, and its log-probability. */
async function everyTarget(model: Seq2SeqModel, source: readonly number[], length: number) {
  let open: number[][] = [[]];
  const targets: number[][] = [];
  for (let step = 0; step < length; step++) {
    open = open.flatMap((ids) => Array.from({length: vocabularySize}, (_, id) => [...ids, id]));
    targets.push(...open.filter((ids) => ids.at(-1) === symbols.EOS));
    open = open.filter((ids) => ids.at(-1) !== symbols.EOS);
  }
  const scored = [];
  for (const target of targets) {
    const {loss, symbols: count} = await model.evaluate([batchOf([{source, target}])]);
    scored.push({target, logProbability: -loss * count});
  }
  return scored.sort((left, right) => right.logProbability - left.logProbability);
}

describe.each(backendsUnderTest)('decoding on %s', (backend) => {
  const relative = backend === 'webgl' ? 1e-3 : 1e-5;
  beforeAll(async () => {
    await startBackend(useBackend, backend);
  });

  test.each(kinds)('%j: a beam of 1 is greedy', async (given) => {
    const model = await wilful(given);
    const greedy = await model.decodeGreedily(sources, {maxLength: 9});
    const beams = await model.beamSearch(sources, {width: 1, maxLength: 9});
    expect(beams.map(([best]) => [...best!.ids])).toEqual(greedy.map(({ids}) => [...ids]));
    expectClose(
      beams.map(([best]) => best!.logProbability),
      greedy.map(({logProbability}) => logProbability),
      {relative},
    );
    model.dispose();
  });

  test.each(kinds)(
    '%j: a source is written alone as beside longer ones, log-probabilities and attention within 1e-6 (webgl 1e-3)',
    async (given) => {
      const model = await wilful(given);
      const options = {maxLength: 9, attention: true};
      const long = Array.from({length: 13}, (_, place) => 4 + (place % 5));
      const together = await model.decodeGreedily([...sources, long], options);
      for (const [index, source] of sources.entries()) {
        const [alone] = await model.decodeGreedily([source], options);
        const {ids, ended, logProbability, attention} = together[index]!;
        expect({ids: alone!.ids, ended: alone!.ended}).toEqual({ids, ended});
        const close = backend === 'webgl' ? 1e-3 : 1e-6;
        expectClose([alone!.logProbability], [logProbability], {relative: close});
        expectClose(alone!.attention ?? [], attention ?? [], {relative: close, absolute: close});
      }
      model.dispose();
    },
  );

  test('a beam as wide as all there is finds the best targets, log-probabilities within 1e-5 (webgl 1e-3)', async () => {
    const model = await wilful();
    const [found] = await model.beamSearch([sources[0]!], {width: 200, results: 200, maxLength: 2, lengthPenalty: 0});
    const expected = await everyTarget(model, sources[0]!, 2);
    const ended = found!.filter((hypothesis) => hypothesis.ended);
    expect(ended.map(({ids}) => [...ids, symbols.EOS])).toEqual(expected.map(({target}) => target));
    expectClose(
      ended.map(({logProbability}) => logProbability),
      expected.map(({logProbability}) => logProbability),
      {relative},
    );
    model.dispose();
  });

  test('what is found for a source does not depend on those beside it', async () => {
    const model = await wilful();
    const options = {width: 3, results: 3, maxLength: 9, attention: true};
    const together = await model.beamSearch(sources, options);
    for (const [index, source] of sources.entries()) {
      const [alone] = await model.beamSearch([source], options);
      expect(alone!.map(({ids}) => [...ids])).toEqual(together[index]!.map(({ids}) => [...ids]));
      expectClose(
        alone!.map(({score}) => score),
        together[index]!.map(({score}) => score),
        {relative},
      );
      expect(alone![0]!.attention!).toHaveLength(alone![0]!.ids.length);
      for (const row of alone![0]!.attention!) expect(row).toHaveLength(source.length);
    }
    model.dispose();
  });

  test('scores are the penalties of Wu et al. 2016, within 1e-5 (webgl 1e-3)', async () => {
    const model = await wilful();
    const options = {width: 8, results: 8, maxLength: 2, lengthPenalty: 0.8, coveragePenalty: 0.3, attention: true};
    const [hypotheses] = await model.beamSearch([sources[0]!], options);
    const unfinished = hypotheses!.filter(({ended}) => !ended);
    expect(unfinished.length).toBeGreaterThan(0);
    for (const {ids, attention, logProbability, score} of unfinished) {
      const coverage = sources[0]!.map((_, place) => attention!.reduce((sum, row) => sum + row[place]!, 0));
      const penalty = coverage.reduce((sum, covered) => sum + Math.log(Math.min(covered, 1)), 0);
      expectClose([score], [logProbability / ((5 + ids.length) / 6) ** 0.8 + 0.3 * penalty], {relative});
    }
    expect([...hypotheses!].sort((left, right) => right.score - left.score)).toEqual(hypotheses);
    model.dispose();
  });

  test('draws what the seed says, and the likeliest alone with topK 1, log-probabilities within 1e-5 (webgl 1e-3)', async () => {
    const model = await wilful();
    const drawn = (seed: number) => model.sample(sources, {seed, maxLength: 9});
    expect(await drawn(1)).toEqual(await drawn(1));
    expect(await drawn(1)).not.toEqual(await drawn(2));
    const [likeliest, greedy] = [
      await model.sample(sources, {topK: 1, maxLength: 9}),
      await model.decodeGreedily(sources, {maxLength: 9}),
    ];
    expect(likeliest.map(({ids, ended}) => ({ids, ended}))).toEqual(greedy.map(({ids, ended}) => ({ids, ended})));
    expectClose(
      likeliest.map(({logProbability}) => logProbability),
      greedy.map(({logProbability}) => logProbability),
      {relative},
    );
    model.dispose();
  });

  test('refuses options out of range', async () => {
    const [model, blind] = [new Seq2SeqModel(configuration), new Seq2SeqModel({...configuration, attention: 'none'})];
    await expect(model.beamSearch(sources, {width: 0})).rejects.toThrow('width is 0');
    await expect(model.beamSearch(sources, {lengthPenalty: -1})).rejects.toThrow('lengthPenalty is -1');
    await expect(model.sample(sources, {temperature: -1})).rejects.toThrow('temperature is -1');
    const unknown = {widht: 5} as never;
    await expect(model.decodeGreedily(sources, unknown)).rejects.toThrow('decodeGreedily has no option "widht".');
    await expect(model.sample(sources, unknown)).rejects.toThrow('sample has no option "widht".');
    await expect(model.beamSearch(sources, unknown)).rejects.toThrow('beamSearch has no option "widht".');
    await expect(model.evaluate([], unknown)).rejects.toThrow('evaluate has no option "widht".');
    await expect(blind.beamSearch(sources, {coveragePenalty: 1})).rejects.toThrow('this model has none');
    expect(await model.beamSearch([])).toEqual([]);
    expect(await model.decodeGreedily([])).toEqual([]);
    for (const each of [model, blind]) each.dispose();
  });

  test('leaves no tensor behind, stopped or not', async () => {
    await expectNoLeak(async () => {
      const model = await wilful();
      await model.beamSearch(sources, {width: 3, coveragePenalty: 0.2});
      await model.sample(sources, {attention: true});
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(model.beamSearch(sources, {signal})).rejects.toThrow('enough');
      await expect(model.sample(sources, {signal})).rejects.toThrow('enough');
      model.dispose();
    });
  });
});
