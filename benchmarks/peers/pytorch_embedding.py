"""Rows of two tables, scored against one another and against samples, and Adagrad on those rows, in PyTorch."""
import torch
from timing import measure, sizes

given = sizes()
torch.set_num_threads(given.threads)
torch.set_default_device(given.device)
torch.manual_seed(given.seed)
inputs, outputs = (torch.nn.Embedding(given.vocabulary, given.width, sparse=True) for _ in range(2))
for table in (inputs, outputs):
    torch.nn.init.uniform_(table.weight, -0.1, 0.1)
optimizer = torch.optim.Adagrad([inputs.weight, outputs.weight], lr=0.1, initial_accumulator_value=0.1)
centres, targets, samples = (torch.randint(given.vocabulary, (count,)) for count in (given.batch, given.batch, given.samples))
labels = torch.zeros(given.batch, dtype=torch.long)


def step():
    optimizer.zero_grad()
    vectors = inputs(centres)
    own = (vectors * outputs(targets)).sum(1, keepdim=True)
    loss = torch.nn.functional.cross_entropy(torch.cat([own, vectors @ outputs(samples).T], 1), labels)
    loss.backward()
    optimizer.step()
    loss.item()


measure(step, given.seconds, f"PyTorch {torch.__version__}")
