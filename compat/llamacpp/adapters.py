"""What `suiren models export --adapter` writes, added by llama.cpp to its base, and by PEFT.

    export LLAMACPP=$(compat/llamacpp/setup.sh)
    $(compat/venv.sh) compat/llamacpp/adapters.py SUIREN [--seed N] [NAME...]

Each architecture of testdata/oracle/arch that is a decoder: PEFT makes an adapter of random numbers, and llama.cpp with
the files of the base and of the adapter gives PEFT's logits. Of a mixture of experts PEFT has no adapters of each: there
the logits are those of a folder to whose experts they were added here, and one has another rank.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "testdata/oracle/arch")]

import compare  # noqa: E402
import llama  # noqa: E402
import make  # noqa: E402
import models  # noqa: E402
import peft  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

warnings.simplefilter("ignore", FutureWarning)  # of transformers, to its own callers
PEER = HERE.parent / "transformers/adapters.py"


def by_peft(name, model, folder, adapter, ids):
    """Logits with an adapter that PEFT made."""
    subprocess.run([sys.executable, PEER, "make", folder, adapter], check=True, stdout=subprocess.DEVNULL)
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        return peft.PeftModel.from_pretrained(plain, adapter).eval()(input_ids=torch.tensor([ids])).logits[0].numpy()


def by_experts(name, model, folder, adapter, ids):
    """Logits with an adapter of each expert, added to a copy of the folder."""
    torch.manual_seed(5)
    pairs, config = {}, {"peft_type": "LORA", "r": 3, "lora_alpha": 6, "rank_pattern": {r".*experts\.1\..*": 4}}
    weights = load_file(folder / "model.safetensors")
    for key, w in list(weights.items()):
        stem = key.removesuffix(".weight")
        if ".mlp.experts." not in stem:
            continue
        rank = 4 if ".experts.1." in stem else 3
        a, b = torch.randn(rank, w.shape[1]) / 8, torch.randn(w.shape[0], rank) / 8
        pairs |= {f"base_model.model.{stem}.lora_A.weight": a, f"base_model.model.{stem}.lora_B.weight": b}
        weights[key] = w.float() + 6 / rank * b @ a
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    save_file(pairs, adapter / "adapter_model.safetensors")
    merged = folder.with_name("merged")
    merged.mkdir()
    for file in folder.iterdir():
        (merged / file.name).write_bytes(file.read_bytes())
    save_file(weights, merged / "model.safetensors", {"format": "pt"})
    return models.logits(name, model, merged, ids)


def check(name, model, suiren, seed, way):
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        folder, base, file = tmp / "folder", tmp / "base.gguf", tmp / "adapter.gguf"
        models.write(name, model, folder, lambda n, p: make.fill(f"{n} {seed}", p))
        subprocess.run([suiren, "models", "export", folder, base, "--type", "f32"], check=True, stdout=subprocess.DEVNULL)
        ids = make.prompt(f"{name} {seed}", base, [])
        want = way(name, model, folder, tmp / "adapter", ids)
        subprocess.run([suiren, "models", "export", folder, file, "--adapter", tmp / "adapter"], check=True, stdout=subprocess.DEVNULL)
        with llama.Llama(base, repack=False) as m:
            before = m.logits(ids)
        with llama.Llama(base, repack=False, adapter=file) as m:
            got = m.logits(ids)
        off, moved = compare.nmse(got, want), compare.nmse(before, want)
        good = off <= 1e-6 and moved > 1e-3
        print(f"{'    ' if good else 'FAIL'} {name} {way.__name__}: {off:.1e} from the reference, which the adapter moves by {moved:.1e}", flush=True)
        return good


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("suiren")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    # Those that llama.cpp takes to be as transformers does, and that are in PEFT.
    every = {n: m for n, m in models.MODELS.items() if "only" not in m and m.get("gguf", True) and m["class"] != "Spark" and m.get("agree", 0) is not None}
    results = []
    for n in a.names or every:
        results.append(check(n, every[n], a.suiren, a.seed, by_peft))
        if n == "qwen3_moe":
            results.append(check(n, every[n], a.suiren, a.seed, by_experts))
    print(f"{sum(results)} of {len(results)} adapters agree")
    sys.exit(not all(results))


main()
