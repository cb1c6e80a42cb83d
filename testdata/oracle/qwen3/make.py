"""Asks transformers and PyTorch what engine/model and engine/optim have to answer.

    go run ./testdata/oracle/qwen3 folder testdata/oracle/qwen3/folder
    compat/.venv/bin/python testdata/oracle/qwen3/make.py    # compat/venv.sh makes it

The folder is Suiren's own writing; answers/ is made here: logits, loss,
gradients and ten steps of AdamW for one row of packed documents. Another CPU
may write other last bits.
"""

import importlib.metadata
import json
import os
import pathlib
import random

os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

VERSIONS = {"torch": "2.15.0", "transformers": "5.23.0"}
HERE = pathlib.Path(__file__).parent
DOCS = [0, 41, 42, 71]  # bounds of the documents of the row
ADAMW = {"lr": 2.0**-8, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "steps": 10}


def load():
    model, info = AutoModelForCausalLM.from_pretrained(
        HERE / "folder", dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    assert not any(info.values()), info
    return model.train()  # the model has no dropout


def batch(vocab):
    """One row: random ids, weights as reinforcement has them, some zero, some negative."""
    r = random.Random(20261125)
    ids = [r.randrange(vocab) for _ in range(DOCS[-1])]
    weight = [0 if t in DOCS or r.random() < 0.25 else r.randint(-16, 64) / 64 for t in range(DOCS[-1])]
    return {"ids": ids, "docs": DOCS, "weight": weight}


def logits(model, row):
    """Of the packed row: a block mask keeps documents apart, positions begin anew in each."""
    n = row["docs"][-1]
    doc = torch.tensor([sum(t >= d for d in row["docs"]) for t in range(n)])
    see = (doc[:, None] == doc[None, :]) & torch.ones(n, n, dtype=torch.bool).tril()
    mask = torch.zeros(1, 1, n, n).masked_fill(~see, torch.finfo(torch.float32).min)
    positions = [t - max(d for d in row["docs"] if d <= t) for t in range(n)]
    return model(input_ids=torch.tensor([row["ids"]]), attention_mask=mask, position_ids=torch.tensor([positions])).logits[0]


def loss(z, row):
    """Σ weight[t]·(−log p(ids[t] | the tokens before it)); a document's first token weighs nothing."""
    each = torch.nn.functional.cross_entropy(z[:-1], torch.tensor(row["ids"][1:]), reduction="none")
    return (each * torch.tensor(row["weight"][1:])).sum()


def main():
    for name, want in VERSIONS.items():
        have = importlib.metadata.version(name)
        if have.split("+")[0] != want:
            raise SystemExit(f"{name} is {have}; this script is for {want}")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    model = load()
    row = batch(model.config.vocab_size)

    z = logits(model, row)
    for lo, hi in zip(DOCS, DOCS[1:]):  # the mask means what it should
        alone = model(input_ids=torch.tensor([row["ids"][lo:hi]])).logits[0]
        torch.testing.assert_close(z[lo:hi], alone, rtol=1e-5, atol=1e-5)
    tensors = {"logits": z.detach()}
    first = loss(z, row)
    first.backward()
    for name, p in model.named_parameters():
        tensors["grad." + name] = p.grad

    a = ADAMW
    optimizer = torch.optim.AdamW(model.parameters(), lr=a["lr"], betas=(a["beta1"], a["beta2"]), eps=a["eps"], weight_decay=0, foreach=False)
    losses = []
    for _ in range(a["steps"]):
        optimizer.zero_grad()
        step = loss(logits(model, row), row)
        step.backward()
        optimizer.step()
        losses.append(step.item())
    losses.append(loss(logits(model, row), row).item())

    out = HERE / "answers"
    out.mkdir(exist_ok=True)
    save_file(tensors, out / "model.safetensors")
    answers = {"versions": VERSIONS, "row": row, "loss": first.item(), "adamw": a, "losses": losses}
    (out / "answers.json").write_text(json.dumps(answers) + "\n")
    print(f"loss {first.item():.6f}; after {a['steps']} steps {losses[-1]:.6f}")


main()
