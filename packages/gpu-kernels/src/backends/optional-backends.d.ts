// A peer that not every machine can install; only its import is needed, never its types.
declare module '@tensorflow/tfjs-node';
