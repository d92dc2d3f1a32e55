import * as tf from '@tensorflow/tfjs';
import {create, globals} from 'webgpu';

Object.assign(globalThis, globals);
const gpu = create([]);
Object.defineProperty(globalThis, 'navigator', {value: {gpu}, configurable: true});
await import('@tensorflow/tfjs-backend-webgpu');
await tf.setBackend('webgpu');
const {device} = tf.backend();
const {maxStorageBuffersPerShaderStage} = device.limits;
const {limits} = await gpu.requestAdapter();
const [count, possible] = [maxStorageBuffersPerShaderStage, limits.maxStorageBuffersPerShaderStage];
console.log(`tfjs's device binds ${count} buffers, the adapter would bind ${possible}`);
const sum = tf.addN(Array.from({length: count}, () => tf.scalar(1)));
console.log(`webgpu: the sum of ${count} ones is`, (await sum.data())[0]);
process.exit();
