import type {DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';
import {relaxedSIMDBinary, simdBinary} from './wasm-binary.generated';

/** The members of tfjs-backend-wasm that our kernels use. */
export interface WasmBackend extends KernelBackend {
  wasm: {
    HEAPU8: Uint8Array;
    /** The unthreaded build's raw exports. */
    asm?: {memory: WebAssembly.Memory};
    /** The threaded build's memory. */
    wasmMemory?: WebAssembly.Memory;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    tfjs: {disposeData(id: number): void; registerTensor(id: number, size: number, pointer: number): void};
  };
  dataIdMap: {get(dataId: object): {id: number; memoryOffset: number}};
  makeOutput(shape: number[], dtype: DataType, pointer?: number, values?: Float32Array): TensorInfo;
}

type Pointer = number;

/** What `assembly/index.ts` exports. Pointers are byte addresses in the backend's memory, 0 for "none". */
export interface WasmKernels {
  lstmForward(
    steps: number,
    batch: number,
    inputSize: number,
    hidden: number,
    ids: Pointer,
    x: Pointer,
    kernel: Pointer,
    recurrentKernel: Pointer,
    bias: Pointer,
    initialHidden: Pointer,
    initialCell: Pointer,
    gates: Pointer,
    outputs: Pointer,
    cells: Pointer,
    lengths: Pointer,
    candidateMask: Pointer,
    reverse: boolean,
  ): void;
  lstmBackward(
    steps: number,
    batch: number,
    inputSize: number,
    hidden: number,
    ids: Pointer,
    x: Pointer,
    kernel: Pointer,
    recurrentKernel: Pointer,
    initialHidden: Pointer,
    initialCell: Pointer,
    gates: Pointer,
    outputs: Pointer,
    cells: Pointer,
    outputsGradient: Pointer,
    hiddenGradient: Pointer,
    cellGradient: Pointer,
    xGradient: Pointer,
    kernelGradient: Pointer,
    recurrentKernelGradient: Pointer,
    biasGradient: Pointer,
    lengths: Pointer,
    candidateMask: Pointer,
    reverse: boolean,
  ): void;
  gruForward(
    steps: number,
    batch: number,
    inputSize: number,
    hidden: number,
    ids: Pointer,
    x: Pointer,
    kernel: Pointer,
    recurrentKernel: Pointer,
    bias: Pointer,
    initialHidden: Pointer,
    gates: Pointer,
    outputs: Pointer,
    lengths: Pointer,
    candidateMask: Pointer,
    reverse: boolean,
  ): void;
  gruBackward(
    steps: number,
    batch: number,
    inputSize: number,
    hidden: number,
    ids: Pointer,
    x: Pointer,
    kernel: Pointer,
    recurrentKernel: Pointer,
    initialHidden: Pointer,
    gates: Pointer,
    outputs: Pointer,
    outputsGradient: Pointer,
    hiddenGradient: Pointer,
    xGradient: Pointer,
    kernelGradient: Pointer,
    recurrentKernelGradient: Pointer,
    biasGradient: Pointer,
    lengths: Pointer,
    candidateMask: Pointer,
    reverse: boolean,
  ): void;
  attentionLSTMForward(
    steps: number,
    batch: number,
    inputSize: number,
    hidden: number,
    size: number,
    positions: number,
    found: number,
    ids: Pointer,
    x: Pointer,
    kernel: Pointer,
    contextKernel: Pointer,
    recurrentKernel: Pointer,
    bias: Pointer,
    queryKernel: Pointer,
    keys: Pointer,
    values: Pointer,
    lengths: Pointer,
    additive: boolean,
    scoreVector: Pointer,
    scale: number,
    initialHidden: Pointer,
    initialCell: Pointer,
    initialContext: Pointer,
    gates: Pointer,
    outputs: Pointer,
    cells: Pointer,
    queries: Pointer,
    contexts: Pointer,
    weights: Pointer,
  ): void;
  attentionLSTMBackward(
    steps: number,
    batch: number,
    inputSize: number,
    hidden: number,
    size: number,
    positions: number,
    found: number,
    ids: Pointer,
    x: Pointer,
    kernel: Pointer,
    contextKernel: Pointer,
    recurrentKernel: Pointer,
    queryKernel: Pointer,
    keys: Pointer,
    values: Pointer,
    lengths: Pointer,
    additive: boolean,
    scoreVector: Pointer,
    scale: number,
    initialHidden: Pointer,
    initialCell: Pointer,
    initialContext: Pointer,
    gates: Pointer,
    outputs: Pointer,
    cells: Pointer,
    queries: Pointer,
    contexts: Pointer,
    weights: Pointer,
    outputsGradient: Pointer,
    contextsGradient: Pointer,
    weightsGradient: Pointer,
    hiddenGradient: Pointer,
    cellGradient: Pointer,
    contextGradient: Pointer,
    xGradient: Pointer,
    kernelGradient: Pointer,
    contextKernelGradient: Pointer,
    recurrentKernelGradient: Pointer,
    biasGradient: Pointer,
    queryKernelGradient: Pointer,
    keysGradient: Pointer,
    valuesGradient: Pointer,
    scoreVectorGradient: Pointer,
  ): void;
  attentionForward(
    steps: number,
    batch: number,
    size: number,
    positions: number,
    width: number,
    query: Pointer,
    keys: Pointer,
    values: Pointer,
    lengths: Pointer,
    additive: boolean,
    scoreVector: Pointer,
    scale: number,
    context: Pointer,
    weights: Pointer,
  ): void;
  attentionBackward(
    steps: number,
    batch: number,
    size: number,
    positions: number,
    width: number,
    query: Pointer,
    keys: Pointer,
    values: Pointer,
    lengths: Pointer,
    additive: boolean,
    scoreVector: Pointer,
    scale: number,
    weights: Pointer,
    contextGradient: Pointer,
    weightsGradient: Pointer,
    queryGradient: Pointer,
    keysGradient: Pointer,
    valuesGradient: Pointer,
    scoreVectorGradient: Pointer,
  ): void;
  topK(
    rows: number,
    classes: number,
    k: number,
    logits: Pointer,
    logProbabilities: boolean,
    scores: Pointer,
    values: Pointer,
    ids: Pointer,
  ): number;
  sampleCategorical(
    rows: number,
    classes: number,
    logits: Pointer,
    key: number,
    temperature: number,
    topK: number,
    topP: number,
    ids: Pointer,
  ): number;
  sampleSequence(
    steps: number,
    batch: number,
    classes: number,
    count: number,
    isGRU: boolean,
    layers: Pointer,
    table: Pointer,
    width: number,
    outputKernel: Pointer,
    outputBias: Pointer,
    ids: Pointer,
    seed: number,
    temperature: number,
    topK: number,
    topP: number,
    drawn: Pointer,
  ): number;
  dropout(count: number, x: Pointer, key: number, threshold: number, scale: number, result: Pointer): void;
  clearPadding(steps: number, batch: number, hidden: number, lengths: Pointer, outputs: Pointer): void;
  /** See assembly/threads.ts. */
  joinThreads(board: Pointer, count: number, index: number, looks: number, sleeps: boolean): void;
  matrixProduct(
    rows: number,
    columns: number,
    depth: number,
    a: Pointer,
    aTransposed: boolean,
    b: Pointer,
    bTransposed: boolean,
    c: Pointer,
    accumulate: boolean,
  ): void;
  unsortedSegmentSum(rows: number, width: number, source: Pointer, ids: Pointer, segments: number, sums: Pointer): void;
  linearForward(
    rows: number,
    inputSize: number,
    outputSize: number,
    x: Pointer,
    kernel: Pointer,
    bias: Pointer,
    y: Pointer,
  ): void;
  linearBackward(
    rows: number,
    inputSize: number,
    outputSize: number,
    x: Pointer,
    kernel: Pointer,
    yGradient: Pointer,
    xGradient: Pointer,
    kernelGradient: Pointer,
    biasGradient: Pointer,
  ): void;
  sparseCrossEntropyForward(
    rows: number,
    classes: number,
    logits: Pointer,
    labels: Pointer,
    losses: Pointer,
    logSumExp: Pointer,
  ): void;
  sparseCrossEntropyBackward(
    rows: number,
    classes: number,
    logits: Pointer,
    labels: Pointer,
    logSumExp: Pointer,
    lossesGradient: Pointer,
    logitsGradient: Pointer,
  ): void;
  sampledLogitsForward(
    batch: number,
    width: number,
    count: number,
    inputs: Pointer,
    targets: Pointer,
    samples: Pointer,
    logits: Pointer,
  ): void;
  sampledLogitsBackward(
    batch: number,
    width: number,
    count: number,
    inputs: Pointer,
    targets: Pointer,
    samples: Pointer,
    logitsGradient: Pointer,
    inputsGradient: Pointer,
    targetsGradient: Pointer,
    samplesGradient: Pointer,
  ): void;
  sampledLoss(
    batch: number,
    width: number,
    count: number,
    inputs: Pointer,
    table: Pointer,
    biases: Pointer,
    targets: Pointer,
    samples: Pointer,
    targetLogCounts: Pointer,
    sampleLogCounts: Pointer,
    logistic: boolean,
    removeHits: boolean,
    weight: number,
    scale: number,
    places: Pointer,
    size: number,
    loss: Pointer,
    inputsGradient: Pointer,
    sumIds: Pointer,
    sums: Pointer,
    biasSums: Pointer,
  ): number;
  lookUpRows(rows: number, width: number, table: Pointer, ids: Pointer, target: Pointer): void;
  sumRows(
    rows: number,
    width: number,
    ids: Pointer,
    values: Pointer,
    places: Pointer,
    size: number,
    found: number,
    sumIds: Pointer,
    sums: Pointer,
  ): number;
  firstIdOutside(count: number, ids: Pointer, lowest: number, size: number): number;
  sumOfSquares(count: number, values: Pointer): number;
  sgdStep(
    rows: number,
    width: number,
    ids: Pointer,
    parameter: Pointer,
    gradient: Pointer,
    rate: number,
    scale: number,
  ): void;
  momentumStep(
    rows: number,
    width: number,
    ids: Pointer,
    parameter: Pointer,
    gradient: Pointer,
    velocity: Pointer,
    rate: number,
    scale: number,
    decay: number,
  ): void;
  adagradStep(
    rows: number,
    width: number,
    ids: Pointer,
    parameter: Pointer,
    gradient: Pointer,
    accumulator: Pointer,
    rate: number,
    scale: number,
    epsilon: number,
  ): void;
  adamStep(
    rows: number,
    width: number,
    ids: Pointer,
    parameter: Pointer,
    gradient: Pointer,
    first: Pointer,
    second: Pointer,
    rate: number,
    scale: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    rootCorrection: number,
    kept: number,
  ): void;
}

const attached = new WeakMap<WasmBackend, {kernels: WasmKernels; module: WebAssembly.Module}>();

/** The memory that holds the backend's tensors. */
export function memoryOf({wasm}: WasmBackend): WebAssembly.Memory {
  const memory = wasm.asm?.memory ?? wasm.wasmMemory;
  if (!memory || memory.buffer !== wasm.HEAPU8.buffer) {
    throw new Error('The memory of tfjs-backend-wasm was not found; this package works with its version 4.22.');
  }
  return memory;
}

function imports(backend: WasmBackend): WebAssembly.Imports {
  const free = (at: number) => backend.wasm._free(at);
  return {env: {memory: memoryOf(backend), malloc: (bytes: number) => allocate(backend, bytes), free}};
}

/** The address of new memory, to be freed or given to a tensor. Throws a RangeError where none is left. */
export function allocate({wasm}: WasmBackend, bytes: number): Pointer {
  const pointer = wasm._malloc(bytes) >>> 0;
  if (pointer === 0)
    throw new RangeError(`tfjs-backend-wasm has no ${bytes} bytes left: use smaller batches or layers.`);
  return pointer;
}

/** The import of a memory that is not shared, and of one that is: one bit of the program (docs/decisions/0005). */
const [alone, shared] = ['memory\u0002\u0001', 'memory\u0002\u0003'] as const;

function bytes(base64: string, forSharedMemory: boolean): Uint8Array<ArrayBuffer> {
  const program = atob(base64);
  const fitting = forSharedMemory ? program.replace(alone, shared) : program;
  return Uint8Array.from(fitting, (character) => character.charCodeAt(0));
}

/**
 * The kernels, with fused multiply-add where the engine has relaxed SIMD: products then run up to 1.4 times as fast.
 * V8 has it by default since version 11.4; Node 20 is one version older and has it behind a flag, which is safe to set
 * at any time because it only admits more instructions (docs/decisions/0003).
 */
function binary(backend: WasmBackend): Uint8Array<ArrayBuffer> {
  const {buffer} = memoryOf(backend);
  const forSharedMemory = typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer;
  const relaxed = bytes(relaxedSIMDBinary, forSharedMemory);
  if (!WebAssembly.validate(relaxed)) {
    globalThis.process?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  return WebAssembly.validate(relaxed) ? relaxed : bytes(simdBinary, forSharedMemory);
}

/** Instantiates our kernels on the backend's memory without blocking; browsers limit the blocking way. */
export async function attachWasmKernels(backend: WasmBackend): Promise<void> {
  if (attached.has(backend)) return;
  const {instance, module} = await WebAssembly.instantiate(binary(backend), imports(backend));
  attached.set(backend, {kernels: instance.exports as unknown as WasmKernels, module});
}

function attachedTo(backend: WasmBackend) {
  let program = attached.get(backend);
  if (!program) {
    const module = new WebAssembly.Module(binary(backend));
    const {exports} = new WebAssembly.Instance(module, imports(backend));
    program = {kernels: exports as unknown as WasmKernels, module};
    attached.set(backend, program);
  }
  return program;
}

/** Our kernels on the backend's memory; instantiated on the spot for those who did not call `useBackend`. */
export function wasmKernels(backend: WasmBackend): WasmKernels {
  return attachedTo(backend).kernels;
}

/** What `wasmKernels` is an instance of, for threads to make theirs. */
export function wasmModule(backend: WasmBackend): WebAssembly.Module {
  return attachedTo(backend).module;
}

/** The byte address of a tensor's values. */
export function pointer(backend: WasmBackend, tensor: TensorInfo): Pointer {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** A new tensor of 4-byte values, not yet set, and their address. */
export function output(
  backend: WasmBackend,
  shape: number[],
  dtype: 'float32' | 'int32' = 'float32',
): {tensor: TensorInfo; at: Pointer} {
  const bytes = 4 * shape.reduce((product, size) => product * size, 1);
  const at = allocate(backend, bytes);
  return {tensor: backend.makeOutput(shape, dtype, at), at};
}

/** The `count` float32 values at an address, as a view that holds until the memory next grows. */
export function floatsAt({wasm}: WasmBackend, at: Pointer, count: number): Float32Array {
  return new Float32Array(wasm.HEAPU8.buffer, at, count);
}

/** Copies values from one address to another. */
export function copyFloats({wasm}: WasmBackend, count: number, from: Pointer, to: Pointer): void {
  wasm.HEAPU8.copyWithin(to, from, from + 4 * count);
}

/** XNNPACK keeps packed copies of weights by tensor; after an update in place they must be made anew. */
export function forgetPackedWeights(backend: WasmBackend, tensor: TensorInfo, size: number): void {
  const {id, memoryOffset} = backend.dataIdMap.get(tensor.dataId);
  backend.wasm.tfjs.disposeData(id);
  backend.wasm.tfjs.registerTensor(id, size, memoryOffset);
}
