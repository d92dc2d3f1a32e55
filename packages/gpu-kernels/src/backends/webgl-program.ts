import type {DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

interface Texture {
  texture: object | null;
  texShape: [number, number] | null;
  shape: number[];
  isPacked?: boolean;
  usage?: number | null;
  values?: ArrayLike<number> | null;
  slice?: {flatOffset: number; origDataId: object} | null;
}

/** The members of tfjs-backend-webgl that our kernels use. */
export interface WebGLBackend extends KernelBackend {
  gpgpu: {gl: WebGL2RenderingContext};
  runWebGLProgram(program: object, inputs: TensorInfo[], dtype: DataType, uniforms: number[][]): TensorInfo;
  makeTensorInfo(shape: number[], dtype: DataType, values?: Float32Array): TensorInfo;
  disposeIntermediateTensorInfo(tensor: TensorInfo): void;
  releaseGPUData(dataId: object): void;
  texData: {get(dataId: object): Texture; delete(dataId: object): void};
  /** How many tensors look at a texture, where some are slices of others. */
  dataRefCount: WeakMap<object, number>;
  pendingRead: WeakMap<object, ((values: unknown) => void)[]>;
}

const processors = new WeakMap<WebGLBackend, boolean>();

/**
 * Whether a processor plays the graphics card. What a kernel loses there (docs/decisions/0016) it need not lose on a card, where
 * programs cost more and reads of textures less.
 */
export function isProcessor(backend: WebGLBackend): boolean {
  let known = processors.get(backend);
  if (known === undefined) {
    const {gl} = backend.gpgpu;
    const names = gl.getExtension('WEBGL_debug_renderer_info');
    const renderer = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    known = /swiftshader|llvmpipe|software|basic render/i.test(renderer);
    processors.set(backend, known);
  }
  return known;
}

export interface WebGLProgram {
  /** Tensors by the names that `code` reads them under. */
  inputs: Record<string, TensorInfo>;
  /** The shape of the one output. */
  shape: number[];
  /** Default float32, which is also how a texture holds an int32: whole up to 2²⁴. */
  dtype?: DataType;
  /** Numbers that may differ from run to run without the program being compiled anew. */
  integers?: Record<string, number>;
  floats?: Record<string, number>;
  /**
   * GLSL ES 3.0. Every tensor is seen with three axes, plane, row and column (the leading axes are one), and lies in its
   * texture in blocks of 2 × 2: `getX(plane, row, column)` reads the block around a value, `xAt(plane, row, column)` the
   * value alone, `xFrom(plane, row, column)` the block that begins there, where the column may be odd. The code defines `vec4 block(int plane, int row, int column)`, the block whose first row and column,
   * both even, are given: (row, column), (row, column + 1), (row + 1, column), (row + 1, column + 1). Or it defines
   * `float value(int plane, int row, int column)`.
   */
  code: string;
}

/** The last three axes of a shape: all before the last two become one, those that are missing are 1. */
export function planes(shape: number[]): [number, number, number] {
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  return [shape.slice(0, -2).reduce((product, size) => product * size, 1), rows, columns];
}

/** Every value of the block by `value`. */
const blockOfValues = `
  vec4 block(int plane, int row, int column) {
    return vec4(value(plane, row, column), value(plane, row, column + 1),
                value(plane, row + 1, column), value(plane, row + 1, column + 1));
  }`;

/** What tfjs calls the function that reads from a tensor. */
export function reader(name: string): string {
  return `get${name[0]!.toUpperCase()}${name.slice(1)}`;
}

/** A program of ours; tfjs compiles it once for each set of shapes. */
export function run(
  backend: WebGLBackend,
  {inputs, shape, dtype = 'float32', integers = {}, floats = {}, code}: WebGLProgram,
): TensorInfo {
  const names = Object.keys(inputs);
  const outputShape = planes(shape);
  const program = {
    variableNames: names,
    packedInputs: true,
    packedOutput: true,
    outputShape,
    customUniforms: [
      ...Object.keys(integers).map((name) => ({name, type: 'int'})),
      ...Object.keys(floats).map((name) => ({name, type: 'float'})),
    ],
    userCode: `
      float lane(vec4 block, int row, int column) {
        vec2 pair = (row & 1) == 0 ? block.xy : block.zw;
        return (column & 1) == 0 ? pair.x : pair.y;
      }
      ${names
        .map(
          (name) => `float ${name}At(int plane, int row, int column) {
          return lane(${reader(name)}(plane, row, column), row, column);
        }
        vec4 ${name}From(int plane, int row, int column) {
          vec4 left = ${reader(name)}(plane, row, column);
          if ((column & 1) == 0) return left;
          vec4 right = ${reader(name)}(plane, row, column + 1);
          return vec4(left.y, right.x, left.w, right.z);
        }`,
        )
        .join('\n')}
      ${code}
      ${code.includes('vec4 block(') ? '' : blockOfValues}
      void main() {
        ivec3 at = getOutputCoords();
        vec4 result = block(at.x, at.y, at.z);
        // Products of tfjs read what lies beyond the last row and column too, and expect zeros there.
        if (at.y + 1 >= ${outputShape[1]}) result.zw = vec2(0);
        if (at.z + 1 >= ${outputShape[2]}) result.yw = vec2(0);
        setOutput(result);
      }`,
  };
  const tensors = Object.values(inputs).map((tensor) => ({...tensor, shape: planes(tensor.shape)}));
  const uniforms = [...Object.values(integers), ...Object.values(floats)].map((value) => [value]);
  return {...backend.runWebGLProgram(program, tensors, dtype, uniforms), shape};
}

/** Lets go of what a kernel made on the way. */
export function release(backend: WebGLBackend, ...tensors: TensorInfo[]): void {
  for (const tensor of tensors) backend.disposeIntermediateTensorInfo(tensor);
}

/** The same values under another shape. */
export function reshaped(tensor: TensorInfo, shape: number[]): TensorInfo {
  return {...tensor, shape};
}

/** Zeros, for results that nothing contributes to. */
export function zeros(backend: WebGLBackend, shape: number[]): TensorInfo {
  return run(backend, {inputs: {}, shape, code: 'float value(int plane, int row, int column) { return 0.0; }'});
}

interface Planes {
  tensor: TensorInfo;
  /** The first plane that is taken, and how many. */
  from: number;
  count: number;
}

/** As many textures as every device can read in one program. */
const texturesInProgram = 16;

/** Planes of several tensors one after another; rows and columns are those of `shape`. */
export function concatenatePlanes(backend: WebGLBackend, parts: Planes[], shape: number[]): TensorInfo {
  if (parts.length > texturesInProgram) {
    const [, rows, columns] = planes(shape);
    const groups: Planes[] = [];
    for (let start = 0; start < parts.length; start += texturesInProgram) {
      const group = parts.slice(start, start + texturesInProgram);
      const count = group.reduce((sum, part) => sum + part.count, 0);
      groups.push({tensor: concatenatePlanes(backend, group, [count, rows, columns]), from: 0, count});
    }
    const whole = concatenatePlanes(backend, groups, shape);
    release(backend, ...groups.map(({tensor}) => tensor));
    return whole;
  }
  const given = parts.filter(({count}) => count > 0);
  let start = 0;
  const choices = given.map(({from, count}, index) => {
    const choice = `if (plane < ${start + count}) return getPart${index}(plane - ${start} + ${from}, row, column);`;
    start += count;
    return choice;
  });
  return run(backend, {
    inputs: Object.fromEntries(given.map(({tensor}, index) => [`part${index}`, tensor])),
    shape,
    code: `vec4 block(int plane, int row, int column) {
      ${choices.join('\n')}
      return vec4(0);
    }`,
  });
}

/**
 * Gives a tensor, and all that share its memory, the values of another, whose own memory that becomes. WebGL cannot read
 * and write one texture at once, so a step in place is a new texture under the old name.
 */
export function replaceValues(backend: WebGLBackend, tensor: TensorInfo, replacement: TensorInfo): void {
  const data = backend.texData.get(tensor.dataId);
  const key = data.slice?.origDataId ?? tensor.dataId;
  const sliced = (backend.dataRefCount.get(key) ?? 0) > 1;
  backend.releaseGPUData(tensor.dataId);
  const {texture, texShape, shape, isPacked, usage} = backend.texData.get(replacement.dataId);
  // Where slices still look at the old texture, they are counted under the old name; this one counts apart from now on.
  const slice = sliced ? {flatOffset: 0, origDataId: {}} : null;
  Object.assign(data, {texture, texShape, shape, isPacked, usage, slice, values: null});
  backend.texData.delete(replacement.dataId);
  // A read under way caches the values it finds, which are the old ones, when it ends.
  backend.pendingRead.get(tensor.dataId)?.push(() => {
    data.values = null;
  });
}
