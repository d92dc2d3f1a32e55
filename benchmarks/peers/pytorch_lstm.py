"""One training step of the exercise's models in PyTorch: an embedding where one is asked for, LSTM, output layer, cross-entropy, clipping by norm, SGD."""
import torch
from timing import measure, sizes

given = sizes()
torch.set_num_threads(given.threads)
torch.set_default_device(given.device)
torch.manual_seed(given.seed)
ids = torch.randint(given.vocabulary, (given.steps, given.batch))
labels = torch.randint(given.vocabulary, (given.steps, given.batch))
table = torch.nn.Embedding(given.vocabulary, given.embedding) if given.embedding else None
lstm = torch.nn.LSTM(given.embedding or given.vocabulary, given.hidden, given.layers)
output = torch.nn.Linear(given.hidden, given.vocabulary)
parameters = [*(table.parameters() if table else []), *lstm.parameters(), *output.parameters()]
optimizer = torch.optim.SGD(parameters, lr=1)


def step():
    optimizer.zero_grad()
    inputs = table(ids) if table else torch.nn.functional.one_hot(ids, given.vocabulary).float()
    states, _ = lstm(inputs)
    loss = torch.nn.functional.cross_entropy(output(states).flatten(0, 1), labels.flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.25)
    optimizer.step()
    loss.item()


measure(step, given.seconds, f"PyTorch {torch.__version__}")
