import {
  add,
  engine,
  getGradient,
  type NamedTensorMap,
  reshape,
  type Scalar,
  type Tensor,
  type Tensor1D,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import {hasKernel} from '../backends/has-kernel';
import type {Recorder} from '../backends/with-gradient';
import {describeTensor} from '../errors/describe-tensor';
import {ShapeError} from '../errors/shape-error';
import {registerKernels} from '../kernels';
import {type Lookup, recordLookups} from './gradient';
import {sumRowsReference} from './reference';
import {scatterRows} from './scatter-rows';
import type {SparseRows} from './sparse-rows';

export type ValueAndGradients = {
  value: Scalar;
  /** In the order of the variables. */
  gradients: (Tensor | SparseRows)[];
};

/**
 * The value of a loss and its gradients, as `tf.variableGrads`, but that the gradient of a variable that is only looked up
 * (`embeddingLookup`) is `SparseRows`: nothing is done, or made, for rows that were not touched. A variable that is used
 * in another way too, such as tied output weights, has a dense gradient. Inside another gradient all are dense.
 *
 * @param loss runs once, and makes a scalar of the variables.
 * @returns the value and one gradient a variable; the caller disposes of them (`tf.dispose` takes them as they are).
 * @throws ShapeError where `loss` does not return a scalar.
 * @throws Error where the loss does not depend on one of the variables, or holds a plain operation of tfjs while only
 *   `@tensorflow/tfjs-core` is imported, which brings none of their gradients.
 * @example
 * const {value, gradients} = valueAndGradients(() => tf.sum(tf.square(embeddingLookup({table, ids}))), [table]);
 * const norm = sgdStep({parameters: [table], gradients, learningRate: 0.1});
 *
 * Cost: beyond the gradients themselves one pass over the rows looked up, in which equal ids are summed.
 */
export function valueAndGradients(loss: () => Scalar, variables: readonly Variable[]): ValueAndGradients {
  registerKernels();
  const recorder = engine() as unknown as Recorder;
  const lookups: Lookup[] = [];
  // The engine looks at these once `loss` has run, so that rows looked up meanwhile can still be added.
  const leaves: Tensor[] = [...variables];
  const found = (lookup: Lookup) => {
    lookups.push(lookup);
    leaves.push(lookup.rows);
  };
  const outermost = recorder.state.gradientDepth === 0;
  const recording = {tables: new Set<Tensor>(outermost ? variables : []), depth: 1, found};
  try {
    return tidy(() => {
      const run = () => expectScalar(recordLookups(recording, loss));
      const {value, grads} = engine().gradients(run, leaves, undefined, true);
      const rowGradients = grads.slice(variables.length);
      const gradients = variables.map((variable, index) => {
        const parts = lookups.flatMap(({table, ids}, lookup): SparseRows[] => {
          const gradient = rowGradients[lookup];
          if (table !== variable || !gradient) return [];
          return [{ids, values: reshape(gradient, [ids.size, variable.shape[1]!])}];
        });
        return combine(variable, grads[index], parts);
      });
      return {value: value as Scalar, gradients};
    });
  } catch (error) {
    throw namingImport(error);
  } finally {
    for (const {ids} of lookups) ids.dispose();
  }
}

/** tfjs says only which kernel has no gradient, as the plain operations have without the union. */
function namingImport(error: unknown): unknown {
  const isOfTape = error instanceof Error && error.message.includes('gradient function not found');
  if (!isOfTape || getGradient('Add')) return error;
  const advice =
    'Only @tensorflow/tfjs-core is loaded, without the gradients of plain operations: import "@tensorflow/tfjs".';
  return new Error(`${error.message} ${advice}`, {cause: error});
}

function expectScalar(value: Scalar): Scalar {
  if (value?.shape && value.shape.length === 0) return value;
  throw new ShapeError(`valueAndGradients: the loss is ${describeTensor(value)}, expected a scalar.`);
}

/** The gradient of a variable from that of its use as a whole, where there is one, and those of the rows looked up. */
function combine(variable: Variable, dense: Tensor | undefined, parts: readonly SparseRows[]): Tensor | SparseRows {
  if (dense) return parts.reduce((sum, part) => add(sum, scatterRows(part, variable.shape)), dense);
  if (parts.length === 0) {
    throw new Error(
      `valueAndGradients: the loss does not depend on ${variable.name} [${variable.shape.join(', ')}]; leave it out.`,
    );
  }
  return sumRows(parts);
}

/**
 * Lists of rows as one in which no id comes twice: rows of equal ids are summed. So do gradients of a table that were not
 * taken by `valueAndGradients` become one for an optimizer step.
 *
 * @param parts at least one, all of the same width.
 * @returns `SparseRows`; the caller disposes of them.
 * @example const gradient = sumRows([{ids: tf.tensor1d([7, 7], 'int32'), values: tf.ones([2, 3])}]); // row 7: 2, 2, 2
 *
 * Cost: one pass over the rows.
 */
export function sumRows(parts: readonly SparseRows[]): SparseRows {
  registerKernels();
  const inputs = {
    ids: parts.map(({ids}) => ids),
    values: parts.map(({values}) => values),
  } as unknown as NamedTensorMap;
  if (!hasKernel('SumRows', {}, inputs)) return sumRowsReference(parts);
  const [ids, values] = engine().runKernel('SumRows', inputs) as [Tensor1D, Tensor];
  return {ids, values};
}
