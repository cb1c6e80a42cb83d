"""Asks PyTorch what a row with soft targets has to give.

    python testdata/oracle/distil/make.py    # torch, transformers, safetensors

The model is ../qwen3/folder. The loss of a token is torch's kl_div between the
teacher's and the model's distributions, both over the teacher's likeliest
tokens and the sum of all others.
"""

import importlib.metadata
import json
import os
import pathlib

os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

VERSIONS = {"torch": "2.15.0", "transformers": "5.23.0"}
HERE = pathlib.Path(__file__).parent
LENGTH, TOP = 29, 6


def main():
    for name, want in VERSIONS.items():
        have = importlib.metadata.version(name)
        if have.split("+")[0] != want:
            raise SystemExit(f"{name} is {have}; this script is for {want}")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(20261126)
    model = AutoModelForCausalLM.from_pretrained(HERE.parent / "qwen3" / "folder", dtype=torch.float32, attn_implementation="eager").train()
    vocab = model.config.vocab_size
    ids = torch.randint(0, vocab, (LENGTH,))
    weight = torch.tensor([0.0] + [0.0 if t % 5 == 2 else (t % 7 + 1) / 8 for t in range(1, LENGTH)])
    # a teacher: some tokens sharp, some flat; every seventh says nothing; of every fifth there is no rest
    teacher = (3 * torch.rand(LENGTH, 1) * torch.randn(LENGTH, vocab)).softmax(1)
    p, top = teacher.topk(TOP)
    p[::5] /= p[::5].sum(1, keepdim=True)

    z = model(input_ids=ids[None]).logits[0]
    losses = []
    for t in range(1, LENGTH):
        q = z[t - 1].log_softmax(0)
        if t % 7 == 0:
            losses.append(-q[ids[t]])
            continue
        others = torch.ones(vocab, dtype=torch.bool)
        others[top[t]] = False
        rest = (1 - p[t].double().sum()).clamp(min=0).float()
        log_q = torch.cat([q[top[t]], q[others].logsumexp(0, keepdim=True)])
        losses.append(torch.nn.functional.kl_div(log_q, torch.cat([p[t], rest[None]]), reduction="sum"))
    losses = torch.stack(losses)
    loss = (losses * weight[1:]).sum()
    loss.backward()
    save_file({k: q.grad for k, q in model.named_parameters()}, HERE / "answers.safetensors")
    soft = [{"ids": [], "p": []} if t % 7 == 0 else {"ids": top[t].tolist(), "p": p[t].tolist()} for t in range(LENGTH)]
    (HERE / "answers.json").write_text(json.dumps({"versions": VERSIONS, "row": {"ids": ids.tolist(), "docs": [0, LENGTH], "weight": weight.tolist(), "soft": soft},
                                                   "loss": loss.item(), "sum": losses[weight[1:] != 0].sum().item()}) + "\n")
    print(loss.item())


main()
