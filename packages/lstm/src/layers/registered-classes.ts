import {BackendError} from '@gatefold/gpu-kernels';
import {serialization} from '@tensorflow/tfjs-core';
import {fuse, type LayerClass, mark} from './fuse';
import {overTime} from './over-time';

/** The fused class over each class of tfjs. */
const fusedClasses = new WeakMap<LayerClass, LayerClass>();
let everyLayer = false;

/**
 * The fused class over tfjs's class of a name, which is taken from tfjs's register of classes: so this package holds no
 * code of tfjs-layers, and works with the user's copy. From now on the register makes a fused layer of the settings of
 * one, as `tf.layers.bidirectional` does when it copies its layer (docs/decisions/0013).
 */
export function fusedClass(name: 'LSTM' | 'GRU'): LayerClass {
  const {classNameMap} = serialization.SerializationMap.getMap();
  const Stock = classNameMap[name]?.[0];
  if (!Stock) {
    throw new BackendError(
      `tfjs knows no layer class ${name}, because tfjs-layers is not loaded: import "@tensorflow/tfjs", or ` +
        '"@tensorflow/tfjs-layers" beside the lean "@tensorflow/tfjs-core", before making fused layers.',
    );
  }
  const found = fusedClasses.get(Stock);
  if (found) return found;
  const Fused = fuse(Stock, overTime[name]);
  fusedClasses.set(Stock, Fused);
  classNameMap[name] = [Stock, (_, config) => Stock.fromConfig(everyLayer || mark in config ? Fused : Stock, config)];
  return Fused;
}

/**
 * Makes every LSTM and GRU layer of models loaded from now on a fused one: those saved by tfjs, with fused layers or
 * without, and those converted from Keras. Their settings decide which are fast, as `fusedLSTM` says; Keras's own defaults
 * are those that are.
 *
 * @throws BackendError where tfjs-layers is not loaded.
 * @example
 * registerFusedLayers();
 * const model = await tf.loadLayersModel('file://model/model.json');
 */
export function registerFusedLayers(): void {
  fusedClass('LSTM');
  fusedClass('GRU');
  everyLayer = true;
}
