import {useBackend} from '@gatefold/gpu-kernels';
import {LanguageModel} from '@gatefold/lstm';
import {CharacterVocabulary, loadText8, SequenceBatches} from '@gatefold/text8-data';
import {readCheckpoint, writeCheckpoint} from '@gatefold/training';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';

const output = document.querySelector('#output');
setWasmPaths({
  'tfjs-backend-wasm.wasm': wasm,
  'tfjs-backend-wasm-simd.wasm': simdWasm,
  'tfjs-backend-wasm-threaded-simd.wasm': threadedWasm,
});

try {
  const {name} = await useBackend(new URLSearchParams(location.search).get('backend') ?? 'wasm');
  const vocabulary = new CharacterVocabulary();
  const corpus = await loadText8({source: new Blob(['the quick brown fox jumps over the lazy dog '.repeat(200)])});
  const model = new LanguageModel({vocabularySize: vocabulary.size, hiddenSizes: [32]});
  const batches = new SequenceBatches(corpus, {vocabulary, batchSize: 16, sequenceLength: 10});
  const training = model.fit(batches, {steps: 400, optimizer: {kind: 'adam', learningRate: 0.01}});
  const lines = [`backend ${name}`];
  for await (const event of training) {
    if (event.kind === 'report') lines.push(`step ${event.step} loss ${event.loss.toFixed(3)}`);
  }
  await writeCheckpoint('fox', await training.checkpoint());
  const again = LanguageModel.fromCheckpoint(await readCheckpoint('fox'));
  lines.push(vocabulary.decode(await again.generate({length: 60, prompt: vocabulary.encode('the quick '), seed: 1})));
  output.textContent = `${lines.join('\n')}\ndone`;
} catch (error) {
  output.textContent = `failed: ${error.message}`;
}
