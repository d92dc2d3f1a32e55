"""One training step of the exercise's model in TensorFlow, as a graph, with its fused BlockLSTMV2."""
import tensorflow as tf
from timing import measure, sizes

given = sizes()
tf.config.threading.set_intra_op_parallelism_threads(given.threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.random.set_seed(given.seed)
shape = (given.steps, given.batch)
ids = tf.random.uniform(shape, 0, given.vocabulary, tf.int32)
labels = tf.random.uniform(shape, 0, given.vocabulary, tf.int32)
depth = given.vocabulary + given.hidden
kernel = tf.Variable(tf.random.truncated_normal((depth, 4 * given.hidden), 0, 0.1))
bias = tf.Variable(tf.zeros(4 * given.hidden))
output_kernel = tf.Variable(tf.random.truncated_normal((given.hidden, given.vocabulary), 0, 0.1))
output_bias = tf.Variable(tf.zeros(given.vocabulary))
parameters = [kernel, bias, output_kernel, output_bias]


@tf.function
def train():
    with tf.GradientTape() as tape:
        zeros = tf.zeros((given.batch, given.hidden))
        peephole = tf.zeros(given.hidden)
        states = tf.raw_ops.BlockLSTMV2(
            seq_len_max=tf.constant(given.steps, tf.int64), x=tf.one_hot(ids, given.vocabulary), cs_prev=zeros,
            h_prev=zeros, w=kernel, wci=peephole, wcf=peephole, wco=peephole, b=bias, cell_clip=0, use_peephole=False,
        ).h
        logits = states @ output_kernel + output_bias
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, parameters), 1.25)
    for parameter, gradient in zip(parameters, gradients):
        parameter.assign_sub(gradient)
    return loss


measure(lambda: train().numpy(), given.seconds, f"TensorFlow {tf.__version__}")
