// A tensor of tfjs-node as a variable that TensorFlow itself keeps, a resource, while an op runs that changes rows of it.
//
// A variable shares the memory of what it is assigned, and is written to in place as long as nobody else holds that memory. So
// the tensor lets go of it meanwhile, and gets it back from the variable. After a sparse update TensorFlow copies the whole of a
// variable whenever it is read, until DisableCopyOnRead, an op that TensorFlow 2.9 does not have (docs/decisions/0008).
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {type TensorflowBackend, type TensorflowOps, type TensorflowTensor, type, withOps} from './tensorflow-op';

const float32 = type('float32');
const capable = new WeakMap<TensorflowBackend, boolean>();

/** Whether this TensorFlow can give the memory of a variable back without copying it. */
export function hasVariables(backend: TensorflowBackend): boolean {
  if (!capable.has(backend)) capable.set(backend, canGiveBack(backend));
  return capable.get(backend)!;
}

function canGiveBack(backend: TensorflowBackend): boolean {
  try {
    withOps(backend, (ops) => {
      const variable = variableOf(ops, backend, 0);
      ops.runMany('AssignVariableOp', [variable, ops.constant('float32', [0])], {}, 0);
      giveBack(ops, variable);
      return [];
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs `body` on variables that hold float32 tensors of tfjs. What it changes of them is changed in the tensors and their
 * clones; reshapes and slices, which share a tensor's memory in tfjs-node, keep their values, at the price of a copy.
 *
 * @example asVariables(ops, backend, [table, accumulators], (variables) => {
 *   ops.runMany('ResourceSparseApplyAdagradV2', [...variables, rate, epsilon, gradient, ids], {}, 0);
 * });
 */
export function asVariables(
  ops: TensorflowOps,
  backend: TensorflowBackend,
  [tensor, ...others]: readonly TensorInfo[],
  body: (variables: TensorflowTensor[]) => void,
): void {
  if (!tensor) {
    body([]);
    return;
  }
  const variable = variableOf(ops, backend, others.length);
  ops.runMany('AssignVariableOp', [variable, tensor], {}, 0);
  const lent = backend.tensorMap.get(tensor.dataId);
  backend.binding.deleteTensor(lent.id);
  // Each is given back by itself, whatever becomes of the others.
  try {
    asVariables(ops, backend, others, (behind) => body([variable, ...behind]));
  } finally {
    lent.id = ops.release(giveBack(ops, variable));
  }
}

const handles = new WeakMap<TensorflowBackend, TensorflowTensor[]>();

/** A handle is no more than a name, and is kept: the variable behind it is there from its assignment until it gives back. */
function variableOf(ops: TensorflowOps, backend: TensorflowBackend, index: number): TensorflowTensor {
  const known = handles.get(backend) ?? [];
  handles.set(backend, known);
  if (!known[index]) {
    // The shape is for the inference of graphs; ops that run one by one do not look at it.
    const attributes = {dtype: float32, shape: [], shared_name: `gatefold/${index}`, container: ''};
    known[index] = ops.run('VarHandleOp', [], attributes);
    ops.release(known[index]);
  }
  return known[index];
}

function giveBack(ops: TensorflowOps, variable: TensorflowTensor): TensorflowTensor {
  ops.runMany('DisableCopyOnRead', [variable], {}, 0);
  const value = ops.run('ReadVariableOp', [variable], {dtype: float32});
  ops.runMany('DestroyResourceOp', [variable], {}, 0);
  return value;
}
