import {engine, registerBackend, removeBackend} from '@tensorflow/tfjs-core';
import {BackendError} from '../errors/backend-error';
import {expectDevice, isLost, type WebGPUBackend, watchDevice} from './webgpu-dispatch';

/** What our kernels and tfjs's make use of where there is more than every device must have. */
const limits = [
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
] as const;

const features = ['timestamp-query', 'bgra8unorm-storage', 'subgroups', 'shader-f16'] as GPUFeatureName[];

/** Dawn's objects live only as long as this one does. */
let dawn: GPU | undefined;

/**
 * Registers the tfjs backend `webgpu` over a device with all the adapter allows; tfjs itself asks for the default of 8
 * storage buffers. In Node the adapter comes from Dawn, the npm package `webgpu`. A backend that is already up stays as it
 * is, unless its device was lost.
 *
 * @throws BackendError where there is no adapter, with what to install.
 */
export async function startWebGPU(): Promise<void> {
  const running = engine().findBackend('webgpu') as WebGPUBackend | null;
  if (running && !isLost(running.device)) {
    watchDevice(running.device); // it may be one that the program has made
    return;
  }
  const adapter = await findAdapter();
  if (!adapter) throw new BackendError(`The backend webgpu finds no adapter: ${advice()}`);
  const device = await adapter.requestDevice({
    requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
  });
  watchDevice(device);
  const {WebGPUBackend} = await import('@tensorflow/tfjs-backend-webgpu');
  if ('webgpu' in engine().registryFactory) removeBackend('webgpu');
  const backend = new WebGPUBackend(device, (adapter as unknown as {info: GPUAdapterInfo}).info);
  watchReads(backend as unknown as WebGPUBackend);
  registerBackend('webgpu', () => backend, 3); // the priority tfjs gives it
}

/** Lets reads that fail because the device was lost say so, as a loop that waits for its loss meets them: WebGPU's own error is empty. */
function watchReads(backend: WebGPUBackend): void {
  const {device} = backend;
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    try {
      return await read(dataId);
    } catch (error) {
      // That it is lost may be known a little after the reads have failed.
      await Promise.race([device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
      expectDevice(device);
      throw error;
    }
  };
}

/** Whether WebGPU runs on a graphics card here, not on a driver that imitates one: `true`, or what stands in the way. */
export async function hasGraphicsCard(): Promise<true | string> {
  const adapter = await findAdapter().catch(() => null);
  if (!adapter) return 'no adapter';
  const {info} = adapter as unknown as {info: GPUAdapterInfo & {isFallbackAdapter?: boolean}};
  const name = [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(' ');
  const imitated = info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(name);
  return imitated ? `only a software adapter (${name})` : true;
}

async function findAdapter(): Promise<GPUAdapter | null | undefined> {
  const gpu = globalThis.navigator?.gpu ?? (await startDawn());
  return gpu?.requestAdapter({powerPreference: 'high-performance'});
}

const inNode = typeof process !== 'undefined' && Boolean(process.versions?.node);

function advice(): string {
  return inNode
    ? 'in Node run "npm install webgpu" and install a Vulkan loader and driver (on Debian libvulkan1 and ' +
        'mesa-vulkan-drivers or the driver of the card), or choose another backend.'
    : 'this browser does not offer WebGPU here; take a current one with hardware acceleration on and a secure page, or ' +
        'choose another backend.';
}

/** Makes `navigator.gpu` and the constants beside it, as a browser has them. */
async function startDawn(): Promise<GPU | undefined> {
  if (!inNode) return undefined;
  const {create, globals} = await import('webgpu').catch((error: unknown) => {
    throw new BackendError(`The backend webgpu finds no WebGPU: ${advice()} (${String(error)})`, {cause: error});
  });
  Object.assign(globalThis, globals);
  dawn = create([]) as GPU;
  if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', {value: {}, configurable: true});
  Object.defineProperty(globalThis.navigator, 'gpu', {value: dawn, configurable: true});
  return dawn;
}
