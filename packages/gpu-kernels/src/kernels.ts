import {engine, type KernelConfig, registerKernel} from '@tensorflow/tfjs-core';
import {attentionCPU} from './attention/cpu';
import {attentionTensorflow} from './attention/tensorflow';
import {attentionWasm} from './attention/wasm';
import {attentionWebGL} from './attention/webgl';
import {attentionWebGPU} from './attention/webgpu';
import {attentionLSTMCPU} from './attention-lstm/cpu';
import {attentionLSTMTensorflow} from './attention-lstm/tensorflow';
import {attentionLSTMWasm} from './attention-lstm/wasm';
import {type KernelReplacement, replaceKernel} from './backends/replace-kernel';
import {batchMatrixMultiplyWasm} from './batch-matrix-multiply/wasm';
import {dropoutCPU} from './dropout/cpu';
import {dropoutWasm} from './dropout/wasm';
import {dropoutWebGL} from './dropout/webgl';
import {dropoutWebGPU} from './dropout/webgpu';
import {embeddingCPU} from './embedding/cpu';
import {embeddingTensorflow} from './embedding/tensorflow';
import {embeddingWasm} from './embedding/wasm';
import {embeddingWebGL} from './embedding/webgl';
import {embeddingWebGPU} from './embedding/webgpu';
import {gruCPU} from './gru/cpu';
import {gruTensorflow} from './gru/tensorflow';
import {gruWasm} from './gru/wasm';
import {gruWebGL} from './gru/webgl';
import {gruWebGPU} from './gru/webgpu';
import {linearCPU} from './linear/cpu';
import {linearTensorflow} from './linear/tensorflow';
import {linearWasm} from './linear/wasm';
import {linearWebGL} from './linear/webgl';
import {linearWebGPU} from './linear/webgpu';
import {lstmCPU} from './lstm/cpu';
import {lstmTensorflow} from './lstm/tensorflow';
import {lstmWasm} from './lstm/wasm';
import {lstmWebGL} from './lstm/webgl';
import {lstmWebGPU} from './lstm/webgpu';
import {optimizerStepCPU} from './optimizer-step/cpu';
import {optimizerStepTensorflow} from './optimizer-step/tensorflow';
import {optimizerStepWasm} from './optimizer-step/wasm';
import {optimizerStepWebGL} from './optimizer-step/webgl';
import {optimizerStepWebGPU} from './optimizer-step/webgpu';
import {sampleCategoricalCPU} from './sample-categorical/cpu';
import {sampleCategoricalTensorflow} from './sample-categorical/tensorflow';
import {sampleCategoricalWasm} from './sample-categorical/wasm';
import {sampleCategoricalWebGL} from './sample-categorical/webgl';
import {sampleCategoricalWebGPU} from './sample-categorical/webgpu';
import {sampleSequenceCPU} from './sample-sequence/cpu';
import {sampleSequenceWasm} from './sample-sequence/wasm';
import {sampledLossCPU} from './sampled-loss/cpu';
import {sampledLossTensorflow} from './sampled-loss/tensorflow';
import {sampledLossWasm} from './sampled-loss/wasm';
import {sampledLogitsCPU} from './sampled-softmax/cpu';
import {sampledLogitsTensorflow} from './sampled-softmax/tensorflow';
import {sampledLogitsWasm} from './sampled-softmax/wasm';
import {sampledLogitsWebGL} from './sampled-softmax/webgl';
import {sampledLogitsWebGPU} from './sampled-softmax/webgpu';
import {sparseCrossEntropyCPU} from './sparse-cross-entropy/cpu';
import {sparseCrossEntropyTensorflow} from './sparse-cross-entropy/tensorflow';
import {sparseCrossEntropyWasm} from './sparse-cross-entropy/wasm';
import {sparseCrossEntropyWebGL} from './sparse-cross-entropy/webgl';
import {sparseCrossEntropyWebGPU} from './sparse-cross-entropy/webgpu';
import {addMany} from './sum/add-many';
import {sumOfNothing} from './sum/sum-of-nothing';
import {topKCPU} from './top-k/cpu';
import {topKTensorflow} from './top-k/tensorflow';
import {topKWasm} from './top-k/wasm';
import {topKWebGL} from './top-k/webgl';
import {topKWebGPU} from './top-k/webgpu';
import {unsortedSegmentSumCPU} from './unsorted-segment-sum/cpu';
import {unsortedSegmentSumWasm} from './unsorted-segment-sum/wasm';
import {unsortedSegmentSumWebGL} from './unsorted-segment-sum/webgl';
import {unsortedSegmentSumWebGPU} from './unsorted-segment-sum/webgpu';

const kernels: KernelConfig[] = [
  ...attentionCPU,
  ...attentionWasm,
  ...attentionWebGPU,
  ...attentionWebGL,
  ...attentionTensorflow,
  ...attentionLSTMCPU,
  ...attentionLSTMWasm,
  ...attentionLSTMTensorflow,
  ...dropoutCPU,
  ...dropoutWasm,
  ...dropoutWebGPU,
  ...dropoutWebGL,
  ...sampleCategoricalCPU,
  ...sampleCategoricalWasm,
  ...sampleCategoricalWebGL,
  ...sampleCategoricalWebGPU,
  ...sampleCategoricalTensorflow,
  ...sampleSequenceCPU,
  ...sampleSequenceWasm,
  ...topKCPU,
  ...topKWasm,
  ...topKWebGL,
  ...topKWebGPU,
  ...topKTensorflow,
  ...lstmCPU,
  ...lstmWasm,
  ...lstmWebGL,
  ...lstmWebGPU,
  ...lstmTensorflow,
  ...gruCPU,
  ...gruWasm,
  ...gruWebGL,
  ...gruWebGPU,
  ...gruTensorflow,
  ...linearCPU,
  ...linearWasm,
  ...linearWebGL,
  ...linearWebGPU,
  ...linearTensorflow,
  ...sparseCrossEntropyCPU,
  ...sparseCrossEntropyWasm,
  ...sparseCrossEntropyWebGL,
  ...sparseCrossEntropyWebGPU,
  ...sparseCrossEntropyTensorflow,
  ...sampledLogitsCPU,
  ...sampledLogitsWasm,
  ...sampledLogitsWebGL,
  ...sampledLogitsWebGPU,
  ...sampledLogitsTensorflow,
  ...sampledLossCPU,
  ...sampledLossWasm,
  ...sampledLossTensorflow,
  ...embeddingCPU,
  ...embeddingWasm,
  ...embeddingWebGL,
  ...embeddingWebGPU,
  ...embeddingTensorflow,
  ...optimizerStepCPU,
  ...optimizerStepWasm,
  ...optimizerStepWebGL,
  ...optimizerStepWebGPU,
  ...optimizerStepTensorflow,
];

/** In the place of tfjs's own, so that any model gains. */
const replacements: KernelReplacement[] = [
  ...unsortedSegmentSumCPU,
  ...unsortedSegmentSumWasm,
  ...unsortedSegmentSumWebGL,
  ...unsortedSegmentSumWebGPU,
  ...batchMatrixMultiplyWasm,
  ...sumOfNothing,
  ...addMany,
];

const registered = new Set<string>();

/**
 * Makes our kernels known to tfjs, once for each backend that the program has loaded: those of our operations, and
 * better ones in the place of some of tfjs's own (`unsortedSegmentSum` on cpu and wasm, `matMul` on wasm). `useBackend`
 * and every operation of ours call it, so that the fast path does not depend on how the backend was chosen, and
 * importing the package alone has no side effect.
 *
 * @example
 * await tf.setBackend('wasm');
 * registerKernels(); // tf.gather can now be trained, and batches of matrices are multiplied some ten times as fast
 */
export function registerKernels(): void {
  for (const name in engine().registryFactory) {
    if (registered.has(name)) continue;
    registered.add(name);
    for (const kernel of kernels) if (kernel.backendName === name) registerKernel(kernel);
    for (const replacement of replacements) if (replacement.backendName === name) replaceKernel(replacement);
  }
}
