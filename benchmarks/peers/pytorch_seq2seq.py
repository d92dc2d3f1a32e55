"""One training step of an encoder and a decoder with additive attention in PyTorch, or with --greedy=1 its targets, the likeliest symbol at every step. The context is fed to the bottom layer of the decoder, which runs step by step; the layers above it get the same contexts and run over the whole sequence."""
import torch
from timing import measure, sizes

given = sizes()
torch.set_num_threads(given.threads)
torch.set_default_device(given.device)
torch.manual_seed(given.seed)
draw = lambda steps: torch.randint(given.vocabulary, (steps, given.batch))
source, target, labels = draw(given.sourceSteps), draw(given.targetSteps), draw(given.targetSteps)
hidden, embedding = given.hidden, given.embedding
modules = torch.nn.ModuleDict({
    "source": torch.nn.Embedding(given.vocabulary, embedding),
    "target": torch.nn.Embedding(given.vocabulary, embedding),
    "encoder": torch.nn.LSTM(embedding, hidden, given.layers),
    "memory": torch.nn.Linear(hidden, hidden),
    "bottom": torch.nn.LSTMCell(embedding + hidden, hidden),
    "query": torch.nn.Linear(hidden, hidden, bias=False),
    "score": torch.nn.Linear(hidden, 1, bias=False),
    "output": torch.nn.Linear(2 * hidden, hidden),
    "logits": torch.nn.Linear(hidden, given.vocabulary),
})
if given.layers > 1:
    modules["upper"] = torch.nn.ModuleList(torch.nn.LSTM(2 * hidden, hidden) for _ in range(given.layers - 1))
parameters = list(modules.parameters())
optimizer = torch.optim.SGD(parameters, lr=1)


def encode():
    encoded, (states, cells) = modules["encoder"](modules["source"](source))
    return modules["memory"](encoded).transpose(0, 1), encoded.transpose(0, 1), states, cells  # memory batch first


def attend(x, h, c, context, keys, values):
    h, c = modules["bottom"](torch.cat([x, context], 1), (h, c))
    scores = modules["score"](torch.tanh(keys + modules["query"](h)[:, None]))  # [B, S, 1]
    return h, c, torch.bmm(torch.softmax(scores, 1).transpose(1, 2), values)[:, 0]


def logits_of(top, contexts):
    return modules["logits"](torch.tanh(modules["output"](torch.cat([top, contexts], -1))))


def step():
    optimizer.zero_grad()
    keys, values, states, cells = encode()
    h, c, context = states[0], cells[0], torch.zeros(given.batch, hidden)
    outputs, contexts = [], []
    for x in modules["target"](target):
        h, c, context = attend(x, h, c, context, keys, values)
        outputs.append(h)
        contexts.append(context)
    top, found = torch.stack(outputs), torch.stack(contexts)
    for layer in range(1, given.layers):
        top, _ = modules["upper"][layer - 1](torch.cat([top, found], 2), (states[layer : layer + 1], cells[layer : layer + 1]))
    loss = torch.nn.functional.cross_entropy(logits_of(top, found).flatten(0, 1), labels.flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 5)
    optimizer.step()
    loss.item()


@torch.inference_mode()
def translate():
    keys, values, states, cells = encode()
    h, c, context = states[0], cells[0], torch.zeros(given.batch, hidden)
    upper = [(states[layer : layer + 1], cells[layer : layer + 1]) for layer in range(1, given.layers)]
    ids = torch.ones(given.batch, dtype=torch.int64)
    for _ in range(given.targetSteps):
        h, c, context = attend(modules["target"](ids), h, c, context, keys, values)
        top = h
        for layer, state in enumerate(upper):
            top, upper[layer] = modules["upper"][layer](torch.cat([top, context], 1)[None], state)
            top = top[0]
        ids = logits_of(top, context).argmax(1)
        ids.tolist()  # to know whether all have ended


measure(translate if given.greedy else step, given.seconds, f"PyTorch {torch.__version__}")
