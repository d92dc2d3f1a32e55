// How a kernel runs the operations of TensorFlow itself on tfjs-node and tfjs-node-gpu, whose backend is called
// `tensorflow`: any op by its name, without the code of either package.
//
// This calls the native binding below the backend's `executeSingleOutput`. That makes an engine tensor of every output,
// prints a warning at each int64 and cannot make one from values without a class of its own. Between the ops of one
// kernel a number, the handle of a TensorFlow tensor, is enough.
import type {KernelBackend, Tensor, TensorInfo} from '@tensorflow/tfjs-core';

/** The types of TensorFlow that tfjs-node can hold. A resource is a variable that TensorFlow itself keeps. */
export type TensorflowType = 'float32' | 'int32' | 'int64' | 'bool' | 'resource';

/** What an op gives: a tensor that only TensorFlow knows. `type` is TensorFlow's number for its dtype. */
export interface TensorflowTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

export type TensorflowInput = TensorInfo | TensorflowTensor;

/** An attribute of an op: booleans, strings and shapes as they are, the others by `type`, `int` and `float`. */
export type Attribute =
  | boolean
  | string
  | readonly number[]
  | {kind: 'type'; value: TensorflowType}
  | {kind: 'int' | 'float'; value: number};

export const type = (value: TensorflowType): Attribute => ({kind: 'type', value});
export const int = (value: number): Attribute => ({kind: 'int', value});
export const float = (value: number): Attribute => ({kind: 'float', value});

/** The members of tfjs-node's backend that our kernels use. */
export interface TensorflowBackend extends KernelBackend {
  binding: Binding;
  tensorMap: {get(dataId: object): {id: number}};
  getInputTensorIds(tensors: TensorInfo[]): number[];
  createOutputTensor(metadata: TensorflowTensor): Tensor;
}

type Binding = Record<`TF_${string}`, number> & {
  createTensor(shape: number[], dtype: number, values: Float32Array | Int32Array | Uint8Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(name: string, attributes: object[], inputs: number[], outputs: number): TensorflowTensor[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(model: number): void;
  runSavedModel(model: number, inputs: number[], inputNames: string, outputNames: string): TensorflowTensor[];
};

const typeNames = {
  float32: 'TF_FLOAT',
  int32: 'TF_INT32',
  int64: 'TF_INT64',
  bool: 'TF_BOOL',
  resource: 'TF_RESOURCE',
} as const;

export function typeNumber(binding: Binding, type: TensorflowType): number {
  return binding[typeNames[type]]!;
}

/** What is kept of a step: a list, or by name. */
type Kept =
  | readonly TensorflowTensor[]
  | Readonly<Record<string, TensorflowTensor | readonly TensorflowTensor[] | undefined>>;

/** Runs ops, and remembers what they gave. */
export class TensorflowOps {
  readonly #backend: TensorflowBackend;
  #made = new Set<TensorflowTensor>();

  constructor(backend: TensorflowBackend) {
    this.#backend = backend;
  }

  /** Runs an op of one output. Attributes that TensorFlow infers from the inputs, as most types, can be left out. */
  run(name: string, inputs: readonly TensorflowInput[], attributes: Record<string, Attribute> = {}): TensorflowTensor {
    return this.runMany(name, inputs, attributes, 1)[0]!;
  }

  /**
   * Runs an op of `outputs` outputs, or of none.
   *
   * @throws Error with TensorFlow's own words where the op is unknown or refuses its inputs.
   * @example const [loss, gradient] = ops.runMany('SparseSoftmaxCrossEntropyWithLogits', [logits, labels], {}, 2);
   */
  runMany(
    name: string,
    inputs: readonly TensorflowInput[],
    attributes: Record<string, Attribute>,
    outputs: number,
  ): TensorflowTensor[] {
    const {binding} = this.#backend;
    const described = Object.entries(attributes).map(([name, attribute]) => describe(binding, name, attribute));
    const results = binding.executeOp(
      name,
      described,
      inputs.map((input) => this.handle(input)),
      outputs,
    );
    for (const result of results) this.#made.add(result);
    return results;
  }

  /** A tensor of values given here; a scalar where no shape is given. int64 ones must fit into 32 bits. */
  constant(dtype: TensorflowType, values: readonly number[], shape: number[] = []): TensorflowTensor {
    const {binding} = this.#backend;
    const number = typeNumber(binding, dtype);
    const id = binding.createTensor(shape, number, arrayOf(dtype, values));
    const result = {id, shape, dtype: number};
    this.#made.add(result);
    return result;
  }

  /** The same values in another shape, in the same memory. */
  reshape(input: TensorflowInput, shape: number[]): TensorflowTensor {
    return this.run('Reshape', [input, this.constant('int32', shape, [shape.length])]);
  }

  /** The values, copied out of TensorFlow. On a GPU this waits for all that was asked of it before. */
  read(input: TensorflowInput): Float32Array | Int32Array | Uint8Array {
    return this.#backend.binding.tensorDataSync(this.handle(input));
  }

  /**
   * Runs ops of which only the results are kept: a loop lets go of what a step made while it is still in the caches, and the
   * next step gets that memory.
   */
  step<Results extends Kept>(body: () => Results): Results {
    const before = this.#made;
    this.#made = new Set();
    try {
      const results = body();
      for (const result of Object.values(results).flat()) if (result && this.#made.delete(result)) before.add(result);
      return results;
    } finally {
      this.dispose();
      this.#made = before;
    }
  }

  /** The handle of a result, which is the caller's to let go of from now on. */
  release(result: TensorflowTensor): number {
    this.#made.delete(result);
    return result.id;
  }

  /** Hands results over to tfjs; everything else these ops made is let go of. */
  finish(results: readonly TensorflowTensor[]): Tensor[] {
    for (const result of results) this.release(result);
    this.dispose();
    return results.map((result) => this.#backend.createOutputTensor(result));
  }

  dispose(): void {
    for (const {id} of this.#made) this.#backend.binding.deleteTensor(id);
    this.#made.clear();
  }

  protected handle(input: TensorflowInput): number {
    return 'id' in input && !('dataId' in input)
      ? input.id
      : this.#backend.getInputTensorIds([input as TensorInfo])[0]!;
  }
}

/**
 * Runs `body`, hands the results it names over to tfjs, and lets go of everything else its ops made.
 *
 * @example const sum: KernelFunc = ({inputs: {a, b}, backend}) => withOps(backend, (ops) => [ops.run('AddV2', [a, b])]);
 */
export function withOps(
  backend: TensorflowBackend,
  body: (ops: TensorflowOps) => readonly TensorflowTensor[],
): Tensor[] {
  const ops = new TensorflowOps(backend);
  try {
    return ops.finish(body(ops));
  } finally {
    ops.dispose();
  }
}

function arrayOf(dtype: TensorflowType, values: readonly number[]): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32') return Float32Array.from(values);
  if (dtype === 'bool') return Uint8Array.from(values);
  // tfjs-node takes an int64 as two int32, the low half first.
  return Int32Array.from(dtype === 'int64' ? values.flatMap((value) => [value, value < 0 ? -1 : 0]) : values);
}

function describe(binding: Binding, name: string, attribute: Attribute): object {
  if (typeof attribute === 'boolean') return {name, type: binding.TF_ATTR_BOOL, value: attribute};
  if (typeof attribute === 'string') return {name, type: binding.TF_ATTR_STRING, value: attribute};
  if (!('kind' in attribute)) return {name, type: binding.TF_ATTR_SHAPE, value: attribute};
  if (attribute.kind === 'type') return {name, type: binding.TF_ATTR_TYPE, value: typeNumber(binding, attribute.value)};
  return {name, type: attribute.kind === 'int' ? binding.TF_ATTR_INT : binding.TF_ATTR_FLOAT, value: attribute.value};
}
