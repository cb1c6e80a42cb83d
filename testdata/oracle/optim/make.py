"""Asks PyTorch and bitsandbytes what engine/optim has to answer.

    python testdata/oracle/optim/make.py    # torch, bitsandbytes (its CPU code), safetensors

Ten steps of AdamW (PyTorch, with clipping), of AdamW with 8-bit moments and of
Lion (bitsandbytes) on a matrix that is longer than whole blocks and a vector.
"""

import importlib.metadata
import json
import pathlib

import bitsandbytes as bnb
import bitsandbytes.backends.cpu.ops as cpu
import torch
from safetensors.torch import save_file

VERSIONS = {"torch": "2.15.0", "bitsandbytes": "0.50.2"}
HERE = pathlib.Path(__file__).parent
STEPS, GRADS, CLIP = 10, 3, 400.0
ADAMW = {"lr": 2.0**-7, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "decay": 0.125}
LION = {"lr": 2.0**-9, "beta1": 0.9, "beta2": 0.99, "eps": 0.0, "decay": 0.25}


def nearest(x, code, absmax, out, blocksize):
    """bitsandbytes' own definition. Its CPU library looks numbers up in coarse bins: it never
    gives the codes nearest to zero. And v never becomes zero here, as engine/optim says."""
    flat = torch.nn.functional.pad(x.flatten(), (0, -x.numel() % blocksize)).view(-1, blocksize)
    absmax.copy_(flat.abs().max(1).values)
    scaled = (flat / absmax[:, None]).flatten()[: x.numel()]
    codes = (scaled[:, None] - code[None, :]).abs().argmin(1).view(x.shape)
    out.copy_(codes if code[0] < 0 else codes.clamp(min=1))


cpu._quant_blockwise_fp32_direct = nearest


def main():
    for name, want in VERSIONS.items():
        have = importlib.metadata.version(name)
        if have.split("+")[0] != want:
            raise SystemExit(f"{name} is {have}; this script is for {want}")
    torch.set_num_threads(1)
    torch.manual_seed(20261126)
    shapes = {"matrix": (64, 67), "vector": (40,)}
    start = {k: torch.randn(s) for k, s in shapes.items()}
    # Sizes over some decades, as gradients have them; some are nothing.
    grads = [{k: torch.randn(s) * 10 ** (0.7 * torch.randn(s)) * (torch.rand(s) > 0.05) for k, s in shapes.items()} for _ in range(GRADS)]

    def run(make, clip=None):
        params = {k: torch.nn.Parameter(v.clone()) for k, v in start.items()}
        # only matrices decay
        opt, norms = make(params), []
        for t in range(STEPS):
            for k, p in params.items():
                p.grad = grads[t % GRADS][k] * 2.0 ** (t // GRADS - 1)
            if clip:
                norms.append(torch.nn.utils.clip_grad_norm_(list(params.values()), clip).item())
            opt.step()
        return params, opt, norms

    def groups(params, decay):
        return [{"params": [params["matrix"]], "weight_decay": decay}, {"params": [params["vector"]], "weight_decay": 0.0}]

    tensors = {f"start.{k}": v for k, v in start.items()}
    for i, g in enumerate(grads):
        tensors |= {f"grad{i}.{k}": v for k, v in g.items()}

    a, l = ADAMW, LION
    params, opt, norms = run(lambda p: torch.optim.AdamW(groups(p, a["decay"]), lr=a["lr"], betas=(a["beta1"], a["beta2"]), eps=a["eps"], foreach=False), CLIP)
    tensors |= {f"adamw.{k}": p.detach() for k, p in params.items()}
    tensors |= {f"adamw.m.{k}": opt.state[p]["exp_avg"] for k, p in params.items()}
    tensors |= {f"adamw.v.{k}": opt.state[p]["exp_avg_sq"] for k, p in params.items()}

    params, opt, _ = run(lambda p: bnb.optim.AdamW8bit(groups(p, a["decay"]), lr=a["lr"], betas=(a["beta1"], a["beta2"]), eps=a["eps"]))
    tensors |= {f"adamw8.{k}": p.detach() for k, p in params.items()}
    state = opt.state[params["matrix"]]
    assert state["state1"].dtype == torch.uint8 and opt.state[params["vector"]]["state1"].dtype == torch.float32
    for name in ("state1", "state2", "absmax1", "absmax2", "qmap1", "qmap2"):
        tensors["adamw8." + name] = state[name].float()

    params, opt, _ = run(lambda p: bnb.optim.Lion(groups(p, l["decay"]), lr=l["lr"], betas=(l["beta1"], l["beta2"])))
    tensors |= {f"lion.{k}": p.detach() for k, p in params.items()}

    save_file({k: v.contiguous() for k, v in tensors.items()}, HERE / "answers.safetensors")
    answers = {"versions": VERSIONS, "steps": STEPS, "grads": GRADS, "clip": CLIP, "norms": norms, "adamw": a, "lion": l}
    (HERE / "answers.json").write_text(json.dumps(answers) + "\n")
    print(norms)


main()
