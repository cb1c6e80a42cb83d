"""Asks PyTorch, transformers and peft what engine/model has to answer when it trains other families' models.

    $(compat/venv.sh) testdata/oracle/train/make.py    # from the repository's root

The models are the folders of testdata/oracle/arch. spark2_5 is spark.py there,
which agrees with llama.cpp; its adapters are written out below. Each NAME.json
has a row of documents and the losses; NAME.safetensors has, for the whole
model (full) and for an adapter of rank 3 and alpha 6 over every matrix of the
blocks (lora),

    logits              (T, V) before training; the adapter's own with a random B
    KIND.grad.TENSOR    the gradient of the weighted loss, every STRIDE-th element; of a Conv1D transposed
    KIND.norm.TENSOR    its length, of all elements
    lora.merged         (T, V) of the model into which the adapter was merged

and losses before each of ten steps of torch.optim.AdamW, and after the last.
adapter-NAME is the adapter as peft writes it. Another CPU may write other last bits.
"""

import importlib.metadata
import json
import os
import pathlib
import random
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
HERE = pathlib.Path(__file__).parent
ARCH = HERE.parent / "arch"
sys.path[:0] = [str(ARCH)]

import peft  # noqa: E402
import spark  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

VERSIONS = {"torch": "2.15.0", "transformers": "5.23.0", "peft": "0.21.2"}
NAMES = ["qwen3", "llama", "llama3", "qwen2", "mistral", "spark2_5", "gemma2", "gemma3", "gpt2",
         "phi3", "phi3-long", "glm4", "hunyuan", "ernie4_5", "smollm3", "granite", "olmo2",
         "seed_oss", "exaone4", "exaone4-sliding", "qwen3_moe", "qwen3_5", "qwen3_5_moe", "llama-bias"]
ADAPTED = ["llama-bias"]  # with adapters alone
DOCS = [0, 41, 42, 71]
ADAMW = {"lr": 2.0**-10, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "steps": 10}
RANK, ALPHA, MOST = 3, 6, 512
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
FUSED = {"phi3": ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"],
         "glm4": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_up_proj", "down_proj"],
         "qwen3_5": [*LINEAR, "in_proj_qkv", "in_proj_z", "in_proj_b", "in_proj_a", "out_proj"]}
FUSED["qwen3_5_moe"] = [*FUSED["qwen3_5"], "shared_expert_gate"]  # of its experts, which are one tensor, the shared one alone
CONV1D = ["c_attn", "c_proj", "c_fc"]
SPARK = ["q_k_v_proj", "g_proj", "out_proj", "gate_proj", "up_proj", "down_proj"]


def batch(vocab):
    r = random.Random(20261126)
    ids = [r.randrange(vocab) for _ in range(DOCS[-1])]
    weight = [0 if t in DOCS or r.random() < 0.25 else r.randint(-16, 64) / 1024 for t in range(DOCS[-1])]
    return {"ids": ids, "docs": DOCS, "weight": weight}


def logits(forward, row):
    """Documents one by one: they do not see each other."""
    return torch.cat([forward(row["ids"][lo:hi]) for lo, hi in zip(DOCS, DOCS[1:])])


def loss(z, row):
    each = torch.nn.functional.cross_entropy(z[:-1], torch.tensor(row["ids"][1:]), reduction="none")
    return (each * torch.tensor(row["weight"][1:])).sum()


def separate(named):
    """The tensors of experts, (E, 2F, C) and (E, C, F) here, under the names that their files have."""
    out = {}
    for name, t in named.items():
        stem, _, own = name.rpartition(".experts.")
        if own not in ("gate_up_proj", "down_proj"):
            out[name] = t
            continue
        for e, x in enumerate(t):
            parts = {"down_proj": x} if own == "down_proj" else dict(zip(("gate_proj", "up_proj"), x.chunk(2)))
            out |= {f"{stem}.experts.{e}.{p}.weight": x for p, x in parts.items()}
    return out


def train(kind, forward, named, row, tensors):
    """Gradients, then ten steps."""
    loss(logits(forward, row), row).backward()
    for name, g in separate({name: p.grad for name, p in named.items()}).items():
        conv1d = g.ndim == 2 and name.split(".")[-2] in CONV1D
        g = (g.T if conv1d else g).flatten()
        tensors[f"{kind}.grad.{name}"] = g[:: max(1, -(-len(g) // MOST))].clone()
        tensors[f"{kind}.norm.{name}"] = g.double().norm().float()[None]
    a, losses = ADAMW, []
    optimizer = torch.optim.AdamW(named.values(), lr=a["lr"], betas=(a["beta1"], a["beta2"]), eps=a["eps"], weight_decay=0, foreach=False)
    for _ in range(a["steps"]):
        optimizer.zero_grad()
        step = loss(logits(forward, row), row)
        step.backward()
        optimizer.step()
        losses.append(step.item())
    return [*losses, loss(logits(forward, row), row).item()]


def fill(named):
    """B is zero in a new adapter: everything would be as without one."""
    for i, (name, p) in enumerate(sorted(named.items())):
        g = torch.Generator().manual_seed(i)
        p.data = torch.randint(-15, 16, p.shape, generator=g) / (64.0 if "lora_A" in name else 256.0)


def folder_model(name, row, tensors):
    def load():
        m, info = transformers.AutoModelForCausalLM.from_pretrained(
            ARCH / name, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        assert not any(info.values()), info
        m.get_input_embeddings().padding_idx = None  # PyTorch leaves padding out of the gradient; no token of a row is padding
        return m.eval()  # GPT-2 would drop out

    m = load()
    run = lambda m: lambda ids: m(input_ids=torch.tensor([ids])).logits[0]  # noqa: E731
    tensors["logits"] = logits(run(m), row).detach()
    losses = {} if name in ADAPTED else {"full": train("full", run(m), dict(m.named_parameters()), row, tensors)}
    gpt = name == "gpt2"
    modules = CONV1D if gpt else FUSED.get(name.split("-")[0], LINEAR)
    config = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=modules, fan_in_fan_out=gpt, task_type="CAUSAL_LM")
    m = peft.get_peft_model(load(), config)
    named = {n.replace(".default", ""): p for n, p in m.named_parameters() if p.requires_grad}
    fill(named)
    out = HERE / f"adapter-{name}"
    shutil.rmtree(out, ignore_errors=True)
    m.save_pretrained(out)
    (out / "README.md").unlink()
    config = json.loads((out / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = name
    config["target_modules"].sort()
    (out / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
    tensors["lora.logits"] = logits(run(m), row).detach()
    losses["lora"] = train("lora", run(m), named, row, tensors)
    again = peft.PeftModel.from_pretrained(load(), out).merge_and_unload()
    tensors["lora.merged"] = logits(run(again), row).detach()
    return losses


def mixture_model(name, row, tensors):
    """Experts, which are one tensor here, have an adapter each, under the names of their files: peft reads those (merged below)."""

    def load():
        return transformers.AutoModelForCausalLM.from_pretrained(ARCH / name, dtype=torch.float32, attn_implementation="eager").train()

    m = load()
    run = lambda m: lambda ids: m(input_ids=torch.tensor([ids])).logits[0]  # noqa: E731
    tensors["logits"] = logits(run(m), row).detach()
    losses = {"full": train("full", run(m), dict(m.named_parameters()), row, tensors)}
    m = load().requires_grad_(False)
    weights = dict(m.named_parameters())
    pairs = {}
    for key, w in separate(weights).items():
        if key.split(".")[-2] in LINEAR:
            stem = "base_model.model." + key.removesuffix("weight")
            pairs[stem + "lora_A.weight"] = torch.nn.Parameter(torch.empty(RANK, w.shape[1]))
            pairs[stem + "lora_B.weight"] = torch.nn.Parameter(torch.empty(w.shape[0], RANK))
    fill(pairs)

    def delta(module):
        stem = f"base_model.model.{module}."
        return pairs[stem + "lora_B.weight"] @ pairs[stem + "lora_A.weight"] * (ALPHA / RANK)

    def tuned():
        out = {}
        for key, w in weights.items():
            stem, _, own = key.rpartition(".experts.")
            if own in ("gate_up_proj", "down_proj"):
                parts = ["gate_proj", "up_proj"] if own == "gate_up_proj" else [own]
                out[key] = w + torch.stack([torch.cat([delta(f"{stem}.experts.{e}.{p}") for p in parts]) for e in range(len(w))])
            elif key.split(".")[-2] in LINEAR:
                out[key] = w + delta(key.removesuffix(".weight"))
        return out

    own = lambda ids: torch.func.functional_call(m, tuned(), kwargs={"input_ids": torch.tensor([ids])}).logits[0]  # noqa: E731
    out = HERE / f"adapter-{name}"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    save_file({k: p.data.clone() for k, p in pairs.items()}, out / "adapter_model.safetensors", {"format": "pt"})
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, "bias": "none", "target_modules": sorted(LINEAR), "base_model_name_or_path": name}
    (out / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
    tensors["lora.logits"] = logits(own, row).detach()
    losses["lora"] = train("lora", own, pairs, row, tensors)
    again = peft.PeftModel.from_pretrained(load(), out).merge_and_unload()
    tensors["lora.merged"] = logits(run(again), row).detach()
    return losses


def spark_model(name, row, tensors):
    c, w = spark.load(ARCH / name)
    for t in w.values():
        t.requires_grad_()
    run = lambda w: lambda ids: spark.forward(c, w, ids)  # noqa: E731
    tensors["logits"] = logits(run(w), row).detach()
    losses = {"full": train("full", run(w), w, row, tensors)}
    c, w = spark.load(ARCH / name)
    pairs = {}
    for key in w:
        if key.split(".")[-2] in SPARK:
            stem = "base_model.model." + key.removesuffix("weight")
            pairs[stem + "lora_A.weight"] = torch.nn.Parameter(torch.empty(RANK, w[key].shape[1]))
            pairs[stem + "lora_B.weight"] = torch.nn.Parameter(torch.empty(w[key].shape[0], RANK))
    fill(pairs)

    def tuned():
        add = lambda k: pairs[f"base_model.model.{k[:-6]}lora_B.weight"] @ pairs[f"base_model.model.{k[:-6]}lora_A.weight"]  # noqa: E731
        return {k: t + add(k) * (ALPHA / RANK) if f"base_model.model.{k[:-6]}lora_A.weight" in pairs else t for k, t in w.items()}

    out = HERE / f"adapter-{name}"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    save_file({k: p.data.clone() for k, p in pairs.items()}, out / "adapter_model.safetensors", {"format": "pt"})
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, "bias": "none", "target_modules": sorted(SPARK), "base_model_name_or_path": name}
    (out / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
    tensors["lora.logits"] = tensors["lora.merged"] = logits(run(tuned()), row).detach()
    losses["lora"] = train("lora", lambda ids: spark.forward(c, tuned(), ids), pairs, row, tensors)
    return losses


def main():
    for name, want in VERSIONS.items():
        have = importlib.metadata.version(name)
        if have.split("+")[0] != want:
            raise SystemExit(f"{name} is {have}; this script is for {want}")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in sys.argv[1:] or NAMES:
        tensors = {}
        row = batch(json.loads((ARCH / name / "config.json").read_text())["vocab_size"])
        losses = {"spark2_5": spark_model, "qwen3_moe": mixture_model}.get(name, folder_model)(name, row, tensors)
        save_file({k: t.clone() for k, t in tensors.items()}, HERE / f"{name}.safetensors")
        (HERE / f"{name}.json").write_text(json.dumps({"versions": VERSIONS, "row": row, "adamw": ADAMW, "losses": losses}) + "\n")
        print(name, losses)
    for f in HERE.rglob("*.safetensors"):
        f.chmod(0o644)


main()
