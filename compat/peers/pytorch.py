"""The engine's model and training step in PyTorch, as its users would write it."""

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

    def forward(self, x, cos, sin):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.n1(x)).split([self.heads * self.head, self.kv * self.head, self.kv * self.head], -1)
        q = self.qn(q.view(b, t, self.heads, self.head)).transpose(1, 2)
        k = self.kn(k.view(b, t, self.kv, self.head)).transpose(1, 2)
        v = v.view(b, t, self.kv, self.head).transpose(1, 2)

        def rope(z):
            z1, z2 = z.chunk(2, -1)
            return z * cos + torch.cat((-z2, z1), -1) * sin

        y = F.scaled_dot_product_attention(rope(q), rope(k), v, is_causal=True, enable_gqa=True)
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

    def forward(self, ids):
        x = self.embed(ids)
        t = ids.shape[1]
        for block in self.blocks:
            x = block(x, self.cos[:t], self.sin[:t])
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
