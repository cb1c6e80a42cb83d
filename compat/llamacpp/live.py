"""Every architecture in every type, with weights nobody has seen: another program against llama.cpp and transformers.

    export LLAMACPP=$(compat/llamacpp/setup.sh)
    $(compat/venv.sh) compat/llamacpp/live.py --ours 'COMMAND {model} {ids} {out} {step}' [--seed N] [NAME...]

COMMAND reads the model, a folder or a GGUF file, and the JSON array of token ids in the file ids, and writes the logits
after every token, or an encoder's vector or score, as raw little-endian float32 to out; step is how many tokens it
evaluates at a time, 0 for all. It is run with 0 and with 1. Each decoder of testdata/oracle/arch comes as it is there
and, for blocks of 256, wide. A line for each: how far from the reference, what compare.py says of it, and how far both
are from llama.cpp in float32 on the same weights. Prompts are those after which no near tie decides (make.py). A model
in blocks passes within 1e-4 of llama.cpp or, since llama.cpp in one batch and step by step can be further apart than
that, no further from float32 than 1.25 of llama.cpp itself.
"""

import argparse
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "testdata/oracle/arch")]

import compare  # noqa: E402
import convert  # noqa: E402
import encoders  # noqa: E402
import llama  # noqa: E402
import make  # noqa: E402
import models  # noqa: E402
import numpy as np  # noqa: E402

WIDE = {"hidden_size": 256, "intermediate_size": 256, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 128,
        "moe_intermediate_size": 256, "shared_expert_intermediate_size": 512, "n_embd": 256, "query_pre_attn_scalar": 128, "linear_key_head_dim": 64,
        "linear_value_head_dim": 64}
SMALL = ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "MXFP4"]
LARGE = ["Q4_K", "Q5_K", "Q6_K", "Q2_K", "Q3_K", "IQ4_XS", "IQ3_S", "IQ3_XXS", "IQ2_S", "IQ2_XS", "IQ2_XXS"]


def ours(command, model, ids, tmp, step, width=models.V):
    (tmp / "ids.json").write_text(json.dumps(ids))
    args = {"model": str(model), "ids": str(tmp / "ids.json"), "out": str(tmp / "out.f32"), "step": str(step)}
    subprocess.run([a.format(**args) for a in shlex.split(command)], check=True)
    return compare.read(tmp / "out.f32", width)


def judge(what, command, model, ids, tmp, want, exact=None):
    """Whether both ways of ours are near enough; exact is llama.cpp in float32, where want is in blocks."""
    good = True
    for step in 0, 1:
        try:
            got = ours(command, model, ids, tmp, step)
        except subprocess.CalledProcessError as e:
            print(f"FAIL {what}: {e}")
            return False
        far, (other, wrong) = compare.nmse(got, want), compare.turned(got, want)
        line, fine = f"{what:28} step {step}: NMSE {far:.1e}, {other} rows turned, {wrong} wrongly", far <= compare.LIMIT and not wrong
        if exact is not None:
            noise, mine = compare.nmse(want, exact), compare.nmse(got, exact)
            line += f"; from float32 {mine:.1e}, llama.cpp {noise:.1e}"
            fine = not wrong and (fine or mine <= 1.25 * noise)
        good &= fine
        print(("     " if fine else "FAIL ") + line, flush=True)
    return good


def check(name, model, command, seed):
    good = True
    for wide, kinds in (False, SMALL), (True, LARGE):
        with tempfile.TemporaryDirectory() as tmp:
            tmp = pathlib.Path(tmp)
            if wide:
                config = models.sizes(model)
                model = model | {"config": model["config"] | {k: v for k, v in WIDE.items() if k in config}}
            folder, gguf = tmp / "folder", tmp / "model.gguf"
            models.write(name, model, folder, lambda n, p: make.fill(f"{n} {seed}", p))
            convert.convert(folder, gguf)
            files = []
            for kind in kinds:
                file = tmp / f"{kind}.gguf"
                try:
                    convert.requantise(gguf, file, kind)
                except ValueError:
                    continue  # gemma3's rows of 48
                convert.dequantise(file, file.with_suffix(".f32"))
                files.append(file)
            ids = make.prompt(f"{name} {seed}", gguf, files)
            title = name + " wide" * wide
            good &= judge(f"{title} folder", command, folder, ids, tmp, models.logits(name, model, folder, ids))
            with llama.Llama(gguf) as m:
                good &= judge(f"{title} F32", command, gguf, ids, tmp, m.logits(ids))
            for file in files:
                with llama.Llama(file, repack=False) as m, llama.Llama(file.with_suffix(".f32")) as e:  # see exports.py
                    good &= judge(f"{title} {file.stem}", command, file, ids, tmp, m.logits(ids), e.logits(ids))
    return good


def check_encoder(name, model, command, seed):
    """Of the folder by transformers, of the GGUF by llama.cpp, in float32; a vector is compared at length 1."""
    good = True
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        folder, gguf = tmp / "folder", tmp / "model.gguf"
        encoders.write(name, model, folder, lambda n, p: make.fill(f"{n} {seed}", p))
        if model.get("gguf", True):
            convert.convert(folder, gguf)
        ids, want = make.encoder(name, model, folder, gguf, [])
        for key, file in ("folder", folder), ("gguf", gguf):
            for what in "embedding", "score":
                if (w := want.get(f"{key}/{what}")) is None:
                    continue
                try:
                    got = ours(command, file, ids, tmp, 0, w.size)[0]
                    far = compare.nmse(got / np.linalg.norm(got) if what == "embedding" else got, w)
                except subprocess.CalledProcessError as e:
                    print(e)
                    far = np.inf
                fine = far <= 1e-6
                print(("     " if fine else "FAIL ") + f"{name} {key} {what}: NMSE {far:.1e}", flush=True)
                good &= fine
    return good


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--ours", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    names = a.names or [n for n, m in [*models.MODELS.items(), *encoders.MODELS.items()] if "only" not in m and (n in encoders.MODELS or m.get("gguf", True))]
    failed = [n for n in names if not (check_encoder(n, encoders.MODELS[n], a.ours, a.seed) if n in encoders.MODELS else
                                       check(n, models.MODELS[n], a.ours, a.seed))]
    print(f"{len(names) - len(failed)} of {len(names)} architectures agree" + (f"; not {', '.join(failed)}" if failed else ""))
    sys.exit(bool(failed))


main()
