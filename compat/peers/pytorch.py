"""The engine's model and training step in PyTorch, as its users would write it.

As the peer of `suiren bench train` it reads the name of a shape a line and answers each with a line of JSON,
{"rate": tokens a second, "memory": peak bytes}, of its fastest way: eager or compiled, documents apart by a mask or
each in a batch of its own length.

    suiren bench train --peer "$(compat/venv.sh) compat/peers/pytorch.py"
"""

import json
import sys
import time

import torch
import torch.nn.functional as F


class Block(torch.nn.Module):
    def __init__(self, width, heads, kv, head, hidden):
        super().__init__()
        linear = lambda i, o: torch.nn.Linear(i, o, bias=False)  # noqa: E731
        self.heads, self.kv, self.head = heads, kv, head
        self.n1, self.n2 = torch.nn.RMSNorm(width, 1e-6), torch.nn.RMSNorm(width, 1e-6)
        self.qn, self.kn = torch.nn.RMSNorm(head, 1e-6), torch.nn.RMSNorm(head, 1e-6)
        self.qkv = linear(width, (heads + 2 * kv) * head)
        self.o = linear(heads * head, width)
        self.gate_up, self.down = linear(width, 2 * hidden), linear(hidden, width)

    def forward(self, x, cos, sin, apart=None):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.n1(x)).split([self.heads * self.head, self.kv * self.head, self.kv * self.head], -1)
        q = self.qn(q.view(b, t, self.heads, self.head)).transpose(1, 2)
        k = self.kn(k.view(b, t, self.kv, self.head)).transpose(1, 2)
        v = v.view(b, t, self.kv, self.head).transpose(1, 2)

        def rope(z):
            z1, z2 = z.chunk(2, -1)
            return z * cos + torch.cat((-z2, z1), -1) * sin

        q, k = rope(q), rope(k)
        if apart is None:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        elif isinstance(apart, torch.Tensor):
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=apart, enable_gqa=True)
        else:
            y = torch.cat([F.scaled_dot_product_attention(*d, is_causal=True, enable_gqa=True)
                           for d in zip(*(z.split(apart, 2) for z in (q, k, v)))], 2)
        x = x + self.o(y.transpose(1, 2).reshape(b, t, -1))
        g, u = self.gate_up(self.n2(x)).chunk(2, -1)
        return x + self.down(F.silu(g) * u)


class Model(torch.nn.Module):
    def __init__(self, vocab, width, layers, heads, kv, head, hidden, context=256):
        super().__init__()
        self.embed = torch.nn.Embedding(vocab, width)
        self.blocks = torch.nn.ModuleList(Block(width, heads, kv, head, hidden) for _ in range(layers))
        self.norm = torch.nn.RMSNorm(width, 1e-6)
        angle = torch.outer(torch.arange(context).float(), 10000 ** (-torch.arange(0, head, 2).float() / head)).repeat(1, 2)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def forward(self, ids, docs=None, apart=None):
        x = self.embed(ids)
        t = ids.shape[1]
        cos, sin = self.cos[:t], self.sin[:t]
        if docs is not None:
            cos, sin = (torch.cat([z[:n] for n in docs]) for z in (self.cos, self.sin))
        for block in self.blocks:
            x = block(x, cos, sin, apart)
        return F.linear(self.norm(x), self.embed.weight)


SHAPES = {
    "train-tutor": (512, 128, 4, 4, 2, 32, 384),
    "train-C384-L6": (512, 384, 6, 12, 6, 32, 1152),
}


def step(name, compiled, rows=16, length=256):
    """One training step of a shape, over rows of one document each, every token but the first predicted."""
    torch.manual_seed(1)
    model = Model(*SHAPES[name])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, fused=True)
    ids = torch.randint(0, SHAPES[name][0], (rows, length))
    target = torch.cat((ids[:, 1:], torch.full((rows, 1), -100)), 1).reshape(-1)  # -100 has no loss

    def loss():
        return F.cross_entropy(model(ids).view(-1, SHAPES[name][0]), target)

    if compiled:
        loss = torch.compile(loss)

    def work():
        value = loss()
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()

    work()  # compiles
    return work, rows * length


# The tests of bench train: a model's shape and the rows of a step. Four documents a row.
TRAIN = {
    "C128": ((512, 128, 4, 4, 2, 32, 384, 512), 16),
    "C256": ((512, 256, 8, 8, 4, 32, 768, 512), 8),
    "C384": ((512, 384, 10, 12, 6, 32, 1152, 512), 8),
    "C768": ((512, 768, 16, 12, 6, 64, 2304, 512), 4),
}
DOCS = [64, 192, 96, 160]


def packed(name, way, compiled):
    """One step on packed rows; way is mask or split."""
    torch.manual_seed(1)
    shape, rows = TRAIN[name]
    model = Model(*shape)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, fused=True)
    ids = torch.randint(0, shape[0], (rows, sum(DOCS)))
    target = torch.cat((ids[:, 1:], torch.full((rows, 1), -100)), 1)
    ends = torch.tensor(DOCS).cumsum(0) - 1
    target[:, ends] = -100
    apart = DOCS
    if way == "mask":
        doc = torch.repeat_interleave(torch.arange(len(DOCS)), torch.tensor(DOCS))
        apart = (doc[:, None] == doc[None, :]).tril()
    target = target.reshape(-1)

    def loss():
        return F.cross_entropy(model(ids, DOCS, apart).view(-1, shape[0]), target)

    if compiled:
        loss = torch.compile(loss)

    def work():
        value = loss()
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()

    work()
    return work, rows * sum(DOCS)


def best(work, seconds=4.0):
    """Steps a second of the fastest step in some seconds, as suiren bench."""
    least, end = float("inf"), time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        work()
        now = time.perf_counter()
        least = min(least, now - start)
        if now > end:
            return 1 / least


def fastest(name):
    found = None
    for way in ("split", "mask"):
        for compiled in (False, True):
            try:
                work, tokens = packed(name, way, compiled)
            except Exception as e:  # without a C++ compiler
                print(f"{name} {way} compiled={compiled}: {e}", file=sys.stderr)
                continue
            rate = best(work)
            print(f"{name} {way} compiled={compiled}: {tokens * rate:.0f} tokens/s", file=sys.stderr)
            if found is None or rate > found[0]:
                found = rate, work, tokens, way, compiled
    return found[1:]


def peak(forget=False):
    if forget:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith("VmHWM"))


def answer():
    torch.set_num_threads(2)
    last = None
    for line in sys.stdin:
        name = line.strip()
        if name not in TRAIN:
            print(json.dumps({"error": f"no shape {name!r}"}), flush=True)
            continue
        if name != last:
            work = None
            last, (work, tokens, *_) = name, fastest(name)
            peak(forget=True)  # of the way chosen, not of the search
        rate = tokens * best(work)
        print(json.dumps({"rate": rate, "memory": peak()}), flush=True)


if __name__ == "__main__":
    answer()
