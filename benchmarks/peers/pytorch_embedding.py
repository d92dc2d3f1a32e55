"""One skip-gram step in PyTorch: sparse gradients of two tables, sampled softmax, Adagrad on rows."""
import torch
from timing import measure, sizes

given = sizes()
torch.set_num_threads(given.threads)
torch.manual_seed(given.seed)
tables = [torch.nn.Embedding(given.vocabulary, given.width, sparse=True) for _ in range(2)]
centres, contexts = (torch.randint(given.vocabulary, (given.batch,)) for _ in range(2))
negatives = torch.randint(given.vocabulary, (given.negatives,))
optimizer = torch.optim.Adagrad([table.weight for table in tables], lr=0.1, initial_accumulator_value=0.1)
labels = torch.zeros(given.batch, dtype=torch.long)


def step():
    optimizer.zero_grad()
    vectors = tables[0](centres)
    own = (vectors * tables[1](contexts)).sum(1, keepdim=True)
    others = vectors @ tables[1](negatives).T
    loss = torch.nn.functional.cross_entropy(torch.cat([own, others], 1), labels)
    loss.backward()
    optimizer.step()
    loss.item()


measure(step, given.seconds, f"PyTorch {torch.__version__}")
