"""Every architecture in every type, with weights nobody has seen: another program against llama.cpp and transformers.

    export LLAMACPP=$(compat/llamacpp/setup.sh)
    $(compat/venv.sh) compat/llamacpp/live.py --ours 'COMMAND {model} {ids} {out} {step}' [--seed N] [NAME...]

COMMAND reads the model, a folder or a GGUF file, and the JSON array of token ids in the file ids, and writes the logits
after every token as raw little-endian float32 rows to out; step is how many tokens it evaluates at a time, 0 for all.
It is run with 0 and with 1. Each model of testdata/oracle/arch comes as it is there and, for blocks of 256, wide. A line
for each: how far from the reference, how far llama.cpp itself is from its float32 on the same weights (noise), and what
compare.py says. Prompts are those after which no near tie decides (make.py). A model in blocks passes within 1e-4 of llama.cpp or, since
llama.cpp in one batch and step by step can be further apart than that, no further from float32 than 1.25 of its noise.
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
import llama  # noqa: E402
import make  # noqa: E402
import models  # noqa: E402

WIDE = {"hidden_size": 256, "intermediate_size": 256, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 128,
        "moe_intermediate_size": 256, "query_pre_attn_scalar": 128}
SMALL = ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "MXFP4"]
LARGE = ["Q4_K", "Q5_K", "Q6_K"]


def ours(command, model, ids, tmp, step):
    (tmp / "ids.json").write_text(json.dumps(ids))
    args = {"model": str(model), "ids": str(tmp / "ids.json"), "out": str(tmp / "out.f32"), "step": str(step)}
    subprocess.run([a.format(**args) for a in shlex.split(command)], check=True)
    return compare.read(tmp / "out.f32", models.V)


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
                config = models.SIZES | model["config"]
                model = model | {"config": model["config"] | {k: v for k, v in WIDE.items() if k in config}}
            folder, gguf = tmp / "folder", tmp / "model.gguf"
            models.write(name, model, folder, lambda n, p: make.fill(f"{n} {seed}", p))
            convert.convert(folder, gguf)
            files = []
            for kind in kinds:
                file = tmp / f"{kind}.gguf"
                try:
                    convert.requantise(gguf, file, kind)
                except AssertionError:
                    continue  # a row is no whole number of blocks
                convert.dequantise(file, file.with_suffix(".f32"))
                files.append(file)
            ids = make.prompt(f"{name} {seed}", gguf, files)
            title = name + " wide" * wide
            good &= judge(f"{title} folder", command, folder, ids, tmp, models.logits(name, model, folder, ids))
            with llama.Llama(gguf) as m:
                good &= judge(f"{title} F32", command, gguf, ids, tmp, m.logits(ids))
            for file in files:
                with llama.Llama(file) as m, llama.Llama(file.with_suffix(".f32")) as e:
                    good &= judge(f"{title} {file.stem}", command, file, ids, tmp, m.logits(ids), e.logits(ids))
    return good


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--ours", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    names = a.names or [n for n, m in models.MODELS.items() if "only" not in m]
    failed = [n for n in names if not check(n, models.MODELS[n], a.ours, a.seed)]
    print(f"{len(names) - len(failed)} of {len(names)} architectures agree" + (f"; not {', '.join(failed)}" if failed else ""))
    sys.exit(bool(failed))


main()
