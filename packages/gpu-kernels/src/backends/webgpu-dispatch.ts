import type {DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';
import {env} from '@tensorflow/tfjs-core';
import {BackendError} from '../errors/backend-error';

interface TensorData {
  values: Float32Array | Int32Array | null;
  resource?: GPUBuffer;
}

/** The members of tfjs-backend-webgpu that our kernels use. */
export interface WebGPUBackend extends KernelBackend {
  device: GPUDevice;
  queue: GPUQueue;
  tensorMap: {get(dataId: object): TensorData};
  bufferManager: {acquireBuffer(size: number, usage: GPUBufferUsageFlags): GPUBuffer};
  makeTensorInfo(shape: number[], dtype: DataType, values?: Float32Array | Int32Array): TensorInfo;
  uploadToGPU(dataId: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  copyBuffer(buffer: GPUBuffer): GPUBuffer;
  commandEncoder: GPUCommandEncoder;
  computePassEncoder: GPUComputePassEncoder | null;
  /** Tensors whose buffers must outlive their disposal, until the commands recorded so far are submitted. */
  commandQueueOwnedIds: WeakSet<object>;
  /** Buffers that go back to the manager once the commands recorded so far are submitted. */
  uniformPendingDisposal: GPUBuffer[];
  dispatchCountInPass: number;
}

type Tensors = Readonly<Record<string, TensorInfo>>;

export interface Dispatch {
  /** Names the shader: the operation and everything its code depends on. Code is made and compiled once for each key. */
  key: string;
  /**
   * WGSL that defines `fn run(group: u32, lane: u32)`, called for each invocation `lane` of each workgroup `group`. It
   * finds every tensor as an array of its name, f32 or i32 as the tensor's dtype is, and the members of `uniforms`.
   */
  code: () => string;
  /** Invocations in a workgroup, at most `maxComputeInvocationsPerWorkgroup`. */
  workgroupSize: number;
  /** Workgroups, as many as wanted: beyond the limit of one dimension they go on in the next. */
  workgroups: number;
  /** Tensors that are read. */
  inputs: Tensors;
  /** Tensors that are written: new ones of `output`, or those that change in place. */
  outputs: Tensors;
  /** Members of `uniforms` of type u32. */
  integers?: Readonly<Record<string, number>>;
  /** Members of `uniforms` of type f32. */
  floats?: Readonly<Record<string, number>>;
  /** The names of float32 tensors that the shader sees as arrays of vec4<f32>: their sizes are multiples of 4. */
  vectors?: readonly string[];
  /** Whether the shader uses subgroups; it then finds its place in its subgroup as `place`. */
  subgroups?: boolean;
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();
const losses = new WeakMap<GPUDevice, string>();

/** A new tensor for a shader to fill; one without elements is ready as it is. */
export function output(backend: WebGPUBackend, shape: number[], dtype: 'float32' | 'int32' = 'float32'): TensorInfo {
  const empty = shape.includes(0) ? new (dtype === 'float32' ? Float32Array : Int32Array)(0) : undefined;
  return backend.makeTensorInfo(shape, dtype, empty);
}

/** The number of elements. */
export function sizeOf({shape}: TensorInfo): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Records one run of a compute shader on the encoder of tfjs's own backend, so that it keeps its place among tfjs's
 * programs. Unlike `backend.runWebGPUProgram` it writes several tensors, and existing ones in place.
 *
 * Empty tensors are bound to a few bytes that nobody reads; where all outputs are empty nothing runs. An input that
 * shares its memory with an output is copied first, because WebGPU forbids to bind a buffer both ways.
 *
 * @throws BackendError where the device was lost.
 */
export function dispatch(backend: WebGPUBackend, program: Dispatch): void {
  const outputs = Object.values(program.outputs);
  if (program.workgroups === 0 || outputs.every((tensor) => sizeOf(tensor) === 0)) return;
  expectDevice(backend.device);

  const written = outputs.map((tensor) => bufferOf(backend, tensor));
  const read = Object.values(program.inputs).map((tensor) => {
    const buffer = bufferOf(backend, tensor);
    return written.includes(buffer) ? temporary(backend, backend.copyBuffer(buffer)) : buffer;
  });
  const {maxComputeWorkgroupsPerDimension} = backend.device.limits;
  const rows = Math.ceil(program.workgroups / maxComputeWorkgroupsPerDimension);
  const buffers = [...read, ...written, uniformsOf(backend, program)];
  const pipeline = pipelineOf(backend.device, program);
  const bindGroup = backend.device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({binding, resource: {buffer}})),
  });

  backend.ensureCommandEncoderReady();
  backend.computePassEncoder ??= backend.commandEncoder.beginComputePass();
  backend.computePassEncoder.setPipeline(pipeline);
  backend.computePassEncoder.setBindGroup(0, bindGroup);
  backend.computePassEncoder.dispatchWorkgroups(Math.ceil(program.workgroups / rows), rows);
  for (const {dataId} of [...Object.values(program.inputs), ...outputs]) backend.commandQueueOwnedIds.add(dataId);
  // What `data()` has read before is kept there, and is now out of date.
  for (const tensor of outputs) if (sizeOf(tensor) > 0) backend.tensorMap.get(tensor.dataId).values = null;
  backend.dispatchCountInPass++;
  if (backend.dispatchCountInPass >= env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
}

/** Copies the values of a tensor into a new one of the same size. */
export function copyValues(backend: WebGPUBackend, from: TensorInfo, to: TensorInfo): void {
  if (sizeOf(to) === 0) return;
  expectDevice(backend.device);
  const {values, resource} = backend.tensorMap.get(from.dataId);
  if (values && !resource) {
    backend.queue.writeBuffer(bufferOf(backend, to), 0, values as Float32Array<ArrayBuffer>); // no commands know the new buffer yet
    return;
  }
  const [source, target] = [bufferOf(backend, from), bufferOf(backend, to)];
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.commandEncoder.copyBufferToBuffer(source, 0, target, 0, 4 * sizeOf(to));
  for (const {dataId} of [from, to]) backend.commandQueueOwnedIds.add(dataId);
}

/** Sets all values of a tensor to 0. */
export function clearValues(backend: WebGPUBackend, tensor: TensorInfo): void {
  if (sizeOf(tensor) === 0) return;
  expectDevice(backend.device);
  const buffer = bufferOf(backend, tensor);
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.commandEncoder.clearBuffer(buffer);
  backend.commandQueueOwnedIds.add(tensor.dataId);
}

/** How many tensors one shader may bind. */
export function tensorLimit({device}: WebGPUBackend): number {
  return device.limits.maxStorageBuffersPerShaderStage;
}

/** Whether shaders may use subgroups, and each has 8 places at least. */
export function hasSubgroups({device}: WebGPUBackend): boolean {
  const {subgroupMinSize = 0} = (device as {adapterInfo?: {subgroupMinSize?: number}}).adapterInfo ?? {};
  return device.features.has('subgroups' as GPUFeatureName) && subgroupMinSize >= 8;
}

/**
 * Whether a processor plays the graphics card: subgroups are its vectors, of at most 8 places. Its registers are few, but what
 * does not fit them costs it little, and a load costs it much.
 */
export function isProcessor({device}: WebGPUBackend): boolean {
  return ((device as {adapterInfo?: {subgroupMaxSize?: number}}).adapterInfo?.subgroupMaxSize || 32) <= 8;
}

/** Notes when `device` is lost, so that the next dispatch or read can say so. */
export function watchDevice(device: GPUDevice): void {
  void device.lost.then(({reason, message}) => losses.set(device, message || reason));
}

/** Whether `device` was lost since it is watched. */
export function isLost(device: GPUDevice): boolean {
  return losses.has(device);
}

/** Throws a BackendError where `device` was lost since it is watched. */
export function expectDevice(device: GPUDevice): void {
  if (!isLost(device)) return;
  throw new BackendError(
    `The WebGPU device was lost (${losses.get(device)}), and its tensors with it: call useBackend('webgpu') for a new ` +
      'one, or choose another backend, and make the tensors anew.',
  );
}

function bufferOf(backend: WebGPUBackend, tensor: TensorInfo): GPUBuffer {
  if (sizeOf(tensor) === 0) return temporary(backend, backend.bufferManager.acquireBuffer(16, GPUBufferUsage.STORAGE));
  backend.uploadToGPU(tensor.dataId);
  return backend.tensorMap.get(tensor.dataId).resource!;
}

function temporary(backend: WebGPUBackend, buffer: GPUBuffer): GPUBuffer {
  backend.uniformPendingDisposal.push(buffer);
  return buffer;
}

function uniformsOf(backend: WebGPUBackend, {integers = {}, floats = {}, workgroups}: Dispatch): GPUBuffer {
  const [ofIntegers, ofFloats] = [Object.values(integers), Object.values(floats)];
  const bytes = Math.ceil((1 + ofIntegers.length + ofFloats.length) / 4) * 16;
  const block = new ArrayBuffer(bytes);
  new Uint32Array(block).set([workgroups, ...ofIntegers]);
  new Float32Array(block).set(ofFloats, 1 + ofIntegers.length);
  const buffer = backend.bufferManager.acquireBuffer(bytes, GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM);
  backend.queue.writeBuffer(buffer, 0, block);
  return temporary(backend, buffer);
}

function pipelineOf(device: GPUDevice, program: Dispatch): GPUComputePipeline {
  const known = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, known);
  const key = `${program.key}${program.subgroups ? '/subgroups' : ''}`;
  let pipeline = known.get(key);
  if (!pipeline) {
    const types = [
      ...Object.keys(program.inputs).map(() => 'read-only-storage' as const),
      ...Object.keys(program.outputs).map(() => 'storage' as const),
      'uniform' as const,
    ];
    // Spelled out: the automatic layout leaves out what the code does not touch.
    const layout = device.createBindGroupLayout({
      entries: types.map((type, binding) => ({binding, visibility: GPUShaderStage.COMPUTE, buffer: {type}})),
    });
    pipeline = device.createComputePipeline({
      label: key,
      layout: device.createPipelineLayout({bindGroupLayouts: [layout]}),
      compute: {module: device.createShaderModule({label: key, code: wgsl(program)}), entryPoint: 'main'},
    });
    known.set(key, pipeline);
  }
  return pipeline;
}

function wgsl(program: Dispatch): string {
  const {inputs, outputs, integers = {}, floats = {}, vectors = [], subgroups, workgroupSize, code} = program;
  const element = (name: string, {dtype}: TensorInfo) =>
    dtype === 'int32' ? 'i32' : vectors.includes(name) ? 'vec4<f32>' : 'f32';
  const tensors = [
    ...Object.entries(inputs).map((entry) => [...entry, 'read'] as const),
    ...Object.entries(outputs).map((entry) => [...entry, 'read_write'] as const),
  ];
  const bindings = tensors.map(
    ([name, tensor, access], binding) =>
      `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${element(name, tensor)}>;`,
  );
  const members = [
    ...Object.keys(integers).map((name) => `${name}: u32`),
    ...Object.keys(floats).map((name) => `${name}: f32`),
  ];
  return `
    ${subgroups ? 'enable subgroups;\n    var<private> place: u32;' : ''}
    ${bindings.join('\n    ')}
    struct Uniforms {${['workgroups: u32', ...members].join(', ')}}
    @group(0) @binding(${tensors.length}) var<uniform> uniforms: Uniforms;
    ${code()}
    @compute @workgroup_size(${workgroupSize})
    fn main(
      @builtin(workgroup_id) workgroup: vec3<u32>,
      @builtin(num_workgroups) extent: vec3<u32>,
      ${subgroups ? '@builtin(subgroup_invocation_id) inSubgroup: u32,' : ''}
      @builtin(local_invocation_index) lane: u32
    ) {
      ${subgroups ? 'place = inSubgroup;' : ''}
      let group = workgroup.y * extent.x + workgroup.x;
      if (group < uniforms.workgroups) { run(group, lane); }
    }`;
}
