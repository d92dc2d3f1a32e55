import {embeddingLookup} from '@gatefold/gpu-kernels';
import {
  cast,
  concat,
  dropout,
  mul,
  ones,
  type Rank,
  reshape,
  reverse,
  type serialization,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tidy,
  transpose,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type {layers} from '@tensorflow/tfjs-layers';
import {maskedSteps} from './masked-steps';
import type {OverTime} from './over-time';

/** A class of tfjs's layers, as its register has it. */
export type LayerClass = serialization.SerializableConstructor<serialization.Serializable>;

type LSTMClass = new (args: Parameters<typeof layers.lstm>[0]) => ReturnType<typeof layers.lstm>;

/** In the settings of a fused layer, for copies that are made of it: a symbol, so that it is in no saved model. */
export const mark = Symbol.for('gatefold.lstm.fused');

/** What tfjs gives a layer beside its input. */
interface CallOptions {
  mask?: Tensor | null;
  training?: boolean | null;
  initialState?: Tensor2D[] | null;
}

/** What tfjs's two cells with gates have in common. */
interface GatedCell {
  stateSize: number | number[];
  activation: serialization.Serializable;
  recurrentActivation: serialization.Serializable;
  useBias: boolean;
  dropout: number;
  recurrentDropout: number;
  dropoutFunc?: typeof dropout;
  kernel: {read(): Tensor};
  recurrentKernel: {read(): Tensor};
  bias: {read(): Tensor};
}

/** A class like `Stock` that computes whole sequences by `overTime` where that gives the same numbers. */
export function fuse(Stock: LayerClass, overTime: OverTime): LayerClass {
  return class extends (Stock as unknown as LSTMClass) {
    override call(inputs: Tensor | Tensor[], given: CallOptions | null): Tensor | Tensor[] {
      const [x] = [inputs].flat() as [Tensor];
      const cell = this.cell as unknown as GatedCell;
      const options = given ?? {};
      if (!covers(cell, x, options)) return super.call(inputs, {...options});
      return tidy(() => {
        const states = options.initialState ?? (this.stateful ? (this.getStates() as Tensor2D[]) : undefined);
        const moved = options.mask && maskedSteps(options.mask, this.goBackwards);
        const dropped = dropInputs(cell, cast(x, 'float32') as Tensor3D, options);
        const {outputs, finalStates} = overTime({
          x: moved ? rowsOf(dropped, moved.inputRows) : swapBatchAndTime(dropped),
          kernel: cell.kernel.read() as Tensor2D,
          recurrentKernel: cell.recurrentKernel.read() as Tensor2D,
          bias: (cell.useBias ? cell.bias.read() : zeros([cell.kernel.read().shape[1]!])) as Tensor1D,
          initialStates: states,
          lengths: moved?.lengths,
          direction: this.goBackwards ? 'backward' : 'forward',
        });
        if (this.stateful) this.resetStates(finalStates, options.training ?? false);
        const inTime = () => {
          if (!moved) return swapBatchAndTime(outputs);
          const first = states?.[0] ?? zerosLike(finalStates[0]!);
          return rowsOf(concat([reshape(first, [1, ...first.shape]), outputs], 0), moved.outputRows);
        };
        // tfjs returns the steps in the order in which it computed them.
        const inOrder = () => (this.goBackwards ? reverse(inTime(), 1) : inTime());
        const output = this.returnSequences ? inOrder() : finalStates[0]!;
        return this.returnState ? [output, ...finalStates] : output;
      });
    }

    override getConfig(): serialization.ConfigDict {
      return {...super.getConfig(), [mark]: true};
    }
  } as unknown as LayerClass;
}

/** Whether the kernel computes what tfjs would. */
function covers(cell: GatedCell, x: Tensor, {mask, training, initialState}: CallOptions): boolean {
  return (
    cell.activation.getClassName() === 'tanh' &&
    cell.recurrentActivation.getClassName() === 'sigmoid' &&
    !(training && isRate(cell.recurrentDropout)) &&
    (!mask || mask.rank === 2) &&
    (!initialState || initialState.length === [cell.stateSize].flat().length) &&
    x.rank === 3 &&
    x.shape[1]! > 0
  );
}

/** tfjs takes a dropout of 1 for none. */
const isRate = (rate: number) => 0 < rate && rate < 1;

/** Dropout on the inputs [B, T, I]: as in tfjs, what is dropped at one step of a sequence is dropped at all. */
function dropInputs({dropout: rate, dropoutFunc}: GatedCell, x: Tensor3D, {training}: CallOptions): Tensor3D {
  if (!training || !isRate(rate)) return x;
  const [batch, , inputSize] = x.shape;
  const mask = (dropoutFunc ?? dropout)(ones<Rank.R2>([batch, inputSize]), rate);
  return mul(x, reshape(mask, [batch, 1, inputSize]));
}

/** The rows `[.., X]` of the first two dimensions, by their numbers. */
function rowsOf(x: Tensor3D, ids: Tensor2D): Tensor3D {
  const [first, second, size] = x.shape;
  return embeddingLookup({table: reshape(x, [first * second, size]), ids}) as Tensor3D;
}

/** `[B, T, X]` from `[T, B, X]` or the other way round; without a copy where one of the two is 1. */
function swapBatchAndTime(x: Tensor3D): Tensor3D {
  const [first, second, size] = x.shape;
  if (first === 1 || second === 1) return reshape(x, [second, first, size]);
  return transpose(x, [1, 0, 2]);
}
