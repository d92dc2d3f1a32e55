"""Rows of two tables, scored against one another and against samples, and Adagrad on those rows, in TensorFlow, as a graph."""
import tensorflow as tf
from timing import measure, sizes

given = sizes()
tf.config.threading.set_intra_op_parallelism_threads(given.threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.random.set_seed(given.seed)
shape = (given.vocabulary, given.width)
tables = [tf.Variable(tf.random.uniform(shape, -0.1, 0.1)) for _ in range(2)]
accumulators = [tf.Variable(tf.fill(shape, 0.1)) for _ in range(2)]
centres, targets, samples = (
    tf.random.uniform((count,), 0, given.vocabulary, tf.int32) for count in (given.batch, given.batch, given.samples)
)
labels = tf.zeros(given.batch, tf.int32)


@tf.function
def train():
    inputs, outputs = tables
    with tf.GradientTape() as tape:
        vectors = tf.gather(inputs, centres)
        own = tf.reduce_sum(vectors * tf.gather(outputs, targets), 1, keepdims=True)
        others = tf.matmul(vectors, tf.gather(outputs, samples), transpose_b=True)
        logits = tf.concat([own, others], 1)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    for table, accumulator, gradient in zip(tables, accumulators, tape.gradient(loss, tables)):
        # Gradients of rows that come twice are added up first, as TensorFlow's optimizers do.
        rows, places = tf.unique(gradient.indices)
        tf.raw_ops.ResourceSparseApplyAdagradV2(
            var=table.handle, accum=accumulator.handle, lr=0.1, epsilon=1e-7, indices=rows,
            grad=tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows)),
        )
    return loss


measure(lambda: train().numpy(), given.seconds, f"TensorFlow {tf.__version__}")
