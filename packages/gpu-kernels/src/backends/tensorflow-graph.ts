// A kernel of many ops on tfjs-node as one graph. TensorFlow runs a graph's ops without a call each, and those that do not
// wait for one another side by side: a step's product is too small to be shared by two cores, and two products are not.
//
// A kernel is written once, as ops that run one by one. It is recorded as it runs so, and from then on the graph runs in its
// place for inputs of the same shapes. tfjs-node has no way to hand over a graph but that of a saved model, so it goes
// through a file; only text is written, which TensorFlow reads as well.
import {dispose, type Tensor, type TensorInfo, tensor1d} from '@tensorflow/tfjs-core';
import {
  type Attribute,
  type TensorflowBackend,
  type TensorflowInput,
  TensorflowOps,
  type TensorflowTensor,
  type TensorflowType,
  typeNumber,
  withOps,
} from './tensorflow-op';

/**
 * Graphs of a backend at most: each takes some 20 ms a hundred ops to make, so not every one of ever new shapes should be. Whether a
 * kernel has one depends on nothing else that happened before: what is resumed is computed as what was not interrupted.
 */
let mostGraphs = 64;

/** For tests: so many in place of that; 0 lets no other be made. Gives how many it was. */
export function limitGraphs(most: number): number {
  const before = mostGraphs;
  mostGraphs = most;
  return before;
}

/** Parts of a batch at most: a graph has so many times the nodes of a kernel. */
const mostParts = 4;

/** Rows of a part at least: fewer are not worth a product of their own. */
const fewestRows = 16;

interface Graph {
  session: number;
  /** Names of the nodes, with commas between them. */
  inputs: string;
  outputs: string;
}

interface Kernel {
  /** What the ops are made of beside the inputs: the same words, the same ops. */
  name: string;
  /** Those that are absent have no value. */
  inputs: Readonly<Record<string, TensorInfo | undefined>>;
  /**
   * Rows that nothing passes between, as the sequences of a batch: a graph computes them in parts, side by side. Of few rows none
   * is made.
   */
  rows?: number;
  /** Whether inputs are changed. Then what recorded it must not be done again, and ops and graph must agree to the bit. */
  inPlace?: boolean;
}

/**
 * As `withOps`, and as a graph where that pays. A body must not read values, nor give its inputs as results.
 *
 * @param body gets in how many parts of equally many rows it is to compute: 1 where it runs op by op.
 */
export function withGraph(
  backend: TensorflowBackend,
  {name, inputs, rows = Number.POSITIVE_INFINITY, inPlace = false}: Kernel,
  body: (ops: TensorflowOps, parts: number) => readonly TensorflowTensor[],
): Tensor[] {
  const oneByOne = () => withOps(backend, (ops) => body(ops, 1));
  if (rows < 2 * fewestRows || !sharesMemory(backend)) return oneByOne();
  const entries = Object.entries(inputs).filter((entry): entry is [string, TensorInfo] => entry[1] !== undefined);
  const given = entries.map(([, tensor]) => tensor);
  const handles = backend.getInputTensorIds(given);
  // A tensor that is two inputs at once has one place in the graph.
  const described = entries.map(([input, {shape, dtype}], at) => [input, dtype, shape, handles.indexOf(handles[at]!)]);
  const key = JSON.stringify([name, described]);
  const graphs = graphsOf(backend);
  const known = graphs.get(key);
  if (known) return run(backend, known, handles);
  if (graphs.has(key) || graphs.size >= mostGraphs) return oneByOne();
  const ops = new RecordingOps(backend, given);
  try {
    const results = body(ops, partsOf(rows));
    const graph = ops.graph(results);
    graphs.set(key, graph);
    return graph && !inPlace ? run(backend, graph, handles) : ops.finish(results);
  } finally {
    ops.dispose();
  }
}

function run(backend: TensorflowBackend, {session, inputs, outputs}: Graph, handles: number[]): Tensor[] {
  const results = backend.binding.runSavedModel(session, handles, inputs, outputs);
  return results.map((result) => backend.createOutputTensor(result));
}

const sharing = new WeakMap<TensorflowBackend, boolean>();

/**
 * Whether graphs work in the memory of their inputs. Where TensorFlow copies those, as it does from and to a device with memory of
 * its own, what is changed in place would be lost, and the copies cost more than the calls that a graph saves.
 */
function sharesMemory(backend: TensorflowBackend): boolean {
  if (!sharing.has(backend)) sharing.set(backend, isChangedByGraph(backend));
  return sharing.get(backend)!;
}

/** Adds 1 to a tensor in place, once op by op and once as a graph, and looks whether both have arrived. */
function isChangedByGraph(backend: TensorflowBackend): boolean {
  const sum = tensor1d([0]);
  const ops = new RecordingOps(backend, [sum]);
  try {
    const [row, one] = [ops.constant('int32', [0], [1]), ops.constant('float32', [1], [1])];
    const graph = ops.graph([ops.run('InplaceAdd', [sum, row, one])]);
    if (!graph) return false;
    dispose(run(backend, graph, backend.getInputTensorIds([sum])));
    backend.binding.deleteSavedModel(graph.session);
    return backend.readSync(sum.dataId)[0] === 2;
  } finally {
    ops.dispose();
    sum.dispose();
  }
}

/** By kernel and shapes of the inputs; nothing where none could be made. */
type Graphs = Map<string, Graph | undefined>;

const graphsByBackend = new WeakMap<TensorflowBackend, Graphs>();

function graphsOf(backend: TensorflowBackend): Graphs {
  const graphs = graphsByBackend.get(backend) ?? new Map();
  graphsByBackend.set(backend, graphs);
  return graphs;
}

/** As many parts as there are cores, where the rows can be divided so. */
function partsOf(rows: number): number {
  if (!Number.isFinite(rows)) return 1;
  let parts = Math.min(mostParts, builtin<typeof import('node:os')>('node:os')?.availableParallelism() ?? 1);
  while (parts > 1 && (rows % parts !== 0 || rows / parts < fewestRows)) parts--;
  return parts;
}

function builtin<Module>(name: string): Module | undefined {
  return globalThis.process?.getBuiltinModule?.(name) as Module | undefined;
}

/** Runs ops, and writes down the graph they would be. */
class RecordingOps extends TensorflowOps {
  readonly #binding: TensorflowBackend['binding'];
  readonly #nodes: string[] = [];
  readonly #inputs: string[];
  /** By its handle, where in the graph a tensor comes from. */
  readonly #sources = new Map<number, string>();

  constructor(backend: TensorflowBackend, inputs: readonly TensorInfo[]) {
    super(backend);
    this.#binding = backend.binding;
    this.#inputs = inputs.map((input) => {
      const node = this.#add('Placeholder', [], {dtype: typeOf(this.#typeOf(input)), shape: shapeOf(input.shape)});
      this.#sources.set(this.handle(input), node);
      return `${node}:0`;
    });
  }

  override runMany(
    name: string,
    inputs: readonly TensorflowInput[],
    attributes: Record<string, Attribute>,
    outputs: number,
  ): TensorflowTensor[] {
    const results = super.runMany(name, inputs, attributes, outputs);
    const from = inputs.map((input) => {
      const source = this.#sources.get(this.handle(input));
      if (!source)
        throw new Error(`An input of ${name} is neither an input of the kernel that is recorded nor made by it.`);
      return source;
    });
    const described = Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, this.#attribute(value)]),
    );
    for (const [key, at] of Object.entries(typesFromInputs[name] ?? {T: 0})) {
      described[key] ??= typeOf(this.#typeOf(inputs[at]!));
    }
    const node = this.#add(name, from, described);
    results.forEach(({id}, at) => {
      this.#sources.set(id, `${node}:${at}`);
    });
    return results;
  }

  override constant(dtype: TensorflowType, values: readonly number[], shape: number[] = []): TensorflowTensor {
    const result = super.constant(dtype, values, shape);
    const field = {float32: 'float_val', int32: 'int_val', int64: 'int64_val', bool: 'bool_val', resource: ''}[dtype];
    const list = values.map((value) => `${field}: ${value}`).join(' ');
    const value = `tensor { dtype: ${result.dtype} tensor_${shapeOf(shape)} ${list} }`;
    this.#sources.set(result.id, this.#add('Const', [], {dtype: typeOf(result.dtype), value}));
    return result;
  }

  override read(): never {
    throw new Error('A graph has no values to read while it is recorded.');
  }

  /** What has been recorded, ready to run. A disk that cannot be written on, say, is no reason not to compute: then nothing. */
  graph(results: readonly TensorflowTensor[]): Graph | undefined {
    const fs = builtin<typeof import('node:fs')>('node:fs');
    const os = builtin<typeof import('node:os')>('node:os');
    const text = `saved_model_schema_version: 1
meta_graphs { meta_info_def { tags: "serve" } graph_def { versions { producer: 1087 }
${this.#nodes.join('\n')}
} }`;
    try {
      const folder = fs!.mkdtempSync(`${os!.tmpdir()}/gatefold-`);
      try {
        fs!.writeFileSync(`${folder}/saved_model.pbtxt`, text);
        const session = this.#binding.loadSavedModel(folder, 'serve');
        const outputs = results.map(({id}) => this.#sources.get(id)!);
        return {session, inputs: this.#inputs.join(','), outputs: outputs.join(',')};
      } finally {
        fs!.rmSync(folder, {recursive: true});
      }
    } catch {
      return undefined;
    }
  }

  #add(op: string, inputs: readonly string[], attributes: Record<string, string>): string {
    const name = `n${this.#nodes.length}`;
    const fields = [
      ...inputs.map((input) => `input: "${input}"`),
      ...Object.entries(attributes).map(([key, value]) => `attr { key: "${key}" value { ${value} } }`),
    ];
    this.#nodes.push(`node { name: "${name}" op: "${op}" ${fields.join(' ')} }`);
    return name;
  }

  #typeOf({dtype}: TensorflowInput): number {
    return typeof dtype === 'number' ? dtype : typeNumber(this.#binding, dtype as TensorflowType);
  }

  #attribute(attribute: Attribute): string {
    if (typeof attribute === 'boolean') return `b: ${attribute}`;
    if (typeof attribute === 'string') return `s: ${JSON.stringify(attribute)}`;
    if (!('kind' in attribute)) return shapeOf(attribute);
    if (attribute.kind === 'type') return typeOf(typeNumber(this.#binding, attribute.value));
    return `${attribute.kind === 'int' ? 'i' : 'f'}: ${attribute.value}`;
  }
}

const typeOf = (number: number) => `type: ${number}`;
const shapeOf = (shape: readonly number[]) => `shape { ${shape.map((size) => `dim { size: ${size} }`).join(' ')} }`;

/**
 * The types that TensorFlow knows from its inputs where it runs an op, and wants written in a graph, each by the input it is
 * the type of. Of all other ops that is T, by the first input.
 */
const typesFromInputs: Record<string, Record<string, number>> = {
  Cast: {SrcT: 0},
  Fill: {T: 1},
  GatherV2: {Tparams: 0, Tindices: 1, Taxis: 2},
  OneHot: {TI: 0, T: 2},
  Range: {Tidx: 0},
  Select: {T: 1},
  SelectV2: {T: 1},
  Slice: {T: 0, Index: 1},
  Split: {T: 1},
  SplitV: {T: 0, Tlen: 1},
  UnsortedSegmentSum: {T: 0, Tindices: 1, Tnumsegments: 2},
};
