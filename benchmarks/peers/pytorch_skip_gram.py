"""A step of the word2vec exercise in PyTorch: sparse gradients, sampled softmax with both corrections, Adagrad on rows."""
import math

import torch
from timing import measure, sizes

given = sizes()
torch.set_num_threads(given.threads)
torch.set_default_device(given.device)
torch.manual_seed(given.seed)
inputs, outputs = (torch.nn.Embedding(given.vocabulary, given.width, sparse=True) for _ in range(2))
biases = torch.nn.Embedding(given.vocabulary, 1, sparse=True)
torch.nn.init.uniform_(inputs.weight, -1, 1)
torch.nn.init.trunc_normal_(outputs.weight, std=given.width**-0.5)
torch.nn.init.zeros_(biases.weight)
parameters = [table.weight for table in (inputs, outputs, biases)]
optimizer = torch.optim.Adagrad(parameters, lr=1.0, initial_accumulator_value=0.1)
labels = torch.zeros(given.batch, dtype=torch.long)


def draw(count):
    shares = torch.rand(count)
    return ((given.vocabulary + 1) ** shares).long().clamp(max=given.vocabulary) - 1


def sample():
    """Distinct words, and how many draws they took."""
    drawn = draw(8 * given.samples).tolist()
    found = {}
    for draws, word in enumerate(drawn):
        found.setdefault(word, None)
        if len(found) == given.samples:
            break
    return torch.tensor(list(found)), draws + 1


def log_counts(words, draws):
    probability = torch.log1p(1 / (words + 1.0)) / math.log(given.vocabulary + 1)
    return torch.log(-torch.expm1(draws * torch.log1p(-probability)))


text = draw(1_000_000)
position = 0


def step():
    global position
    half = given.batch // 2
    window = text[position : position + half + 2]
    position = (position + half) % (len(text) - half - 2)
    centres = window[1:-1].repeat_interleave(2)
    targets = torch.stack([window[:-2], window[2:]], 1).flatten()
    samples, draws = sample()
    optimizer.zero_grad()
    vectors = inputs(centres)
    own = (vectors * outputs(targets)).sum(1) + biases(targets)[:, 0] - log_counts(targets, draws)
    others = vectors @ outputs(samples).T + biases(samples)[:, 0] - log_counts(samples, draws)
    others = others.masked_fill(targets[:, None] == samples[None], -1e9)
    loss = torch.nn.functional.cross_entropy(torch.cat([own[:, None], others], 1), labels)
    loss.backward()
    optimizer.step()
    loss.item()


measure(step, given.seconds, f"PyTorch {torch.__version__}")
