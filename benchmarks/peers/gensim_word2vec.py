"""Word vectors by gensim from a file of lines, as its parallel way wants them; one line of JSON."""
import argparse
import json
import time

import gensim
from gensim.models import Word2Vec

parser = argparse.ArgumentParser()
for name in ("dimension", "window", "epochs", "threads", "seed", "minimumCount"):
    parser.add_argument(f"--{name}", type=int, required=True)
for name in ("file", "model"):
    parser.add_argument(f"--{name}", required=True)
parser.add_argument("--learningRate", type=float, required=True)
parser.add_argument("--vectors", help="where they are to go, in word2vec's binary format")
given = parser.parse_args()

start = time.perf_counter()
model = Word2Vec(
    vector_size=given.dimension,
    window=given.window,
    sg=int(given.model == "skipGram"),
    negative=5,
    alpha=given.learningRate,
    sample=1e-3,
    min_count=given.minimumCount,
    workers=given.threads,
    seed=given.seed,
)
model.build_vocab(corpus_file=given.file)
trained = time.perf_counter()
model.train(
    corpus_file=given.file,
    total_examples=model.corpus_count,
    total_words=model.corpus_total_words,
    epochs=given.epochs,
)
end = time.perf_counter()
words = given.epochs * model.corpus_total_words
if given.vectors:
    model.wv.save_word2vec_format(given.vectors, binary=True)
report = {"wordsPerSecond": words / (end - trained), "seconds": end - start}
print(json.dumps({"peer": f"gensim {gensim.__version__}", **report}))
