"""What `suiren models export` writes, read by gguf-py, llama.cpp and transformers.

    export LLAMACPP=$(compat/llamacpp/setup.sh)
    $(compat/venv.sh) compat/llamacpp/exports.py SUIREN [--seed N] [NAME...]

Each architecture of testdata/oracle/arch, as it is there and wide enough for blocks of 256, goes through every type:

- gguf-py's reader opens the file and decodes every tensor: its names, shapes and metadata are those of llama.cpp's own
  converter, its weights those of the folder within the type's rounding (BOUNDS, of the root mean square);
- llama.cpp loads it and gives the logits of gguf-py's decoding of the same file, and in float32 transformers' of the folder;
- back from float32, transformers loads the folder that comes out and gives the same logits (1e-4 of the largest).
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "testdata/oracle/arch")]

import compare  # noqa: E402
import convert  # noqa: E402
import encoders  # noqa: E402
import gguf  # noqa: E402
import llama  # noqa: E402
import make  # noqa: E402
import models  # noqa: E402
import numpy as np  # noqa: E402

WIDE = {"hidden_size": 256, "intermediate_size": 512, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 128,
        "moe_intermediate_size": 256, "shared_expert_intermediate_size": 512, "n_embd": 256, "query_pre_attn_scalar": 128, "linear_key_head_dim": 64,
        "linear_value_head_dim": 64}
BOUNDS = {"f32": 1e-7, "f16": 1e-3, "bf16": 4e-3, "q8_0": 0.01, "q6_k": 0.03, "q5_k_m": 0.06, "q4_k_m": 0.12, "q4_0": 0.15, "q3_k_m": 0.25}
OWN = ("general.name", "general.file_type", "general.size_label", "tokenizer.", "GGUF.",  # may differ,
       "modern-bert.attention.layer_norm_rms_epsilon", "modern-bert.classifier.pooling_type",  # the latter without a head
       "hunyuan-dense.rope.scaling.",  # says that there is none
       "qwen3moe.feed_forward_length", "qwen35moe.feed_forward_length")  # of layers without experts: there are none


def value(field):
    v = field.contents()
    return [round(x, 5) if isinstance(x, float) else x for x in v] if isinstance(v, list) else round(v, 5) if isinstance(v, float) else v


def compare_files(path, reference, bound):
    """Complaints about a file, given llama.cpp's converter's in float32."""
    got, want = gguf.GGUFReader(path), gguf.GGUFReader(reference)
    a, b = ({t.name: t for t in r.tensors} for r in (got, want))
    more = {"cls.weight", "cls.bias"} & a.keys()  # of BERT as a reranker, which llama.cpp reads and its converter drops
    bad = [f"tensor {n} is in one only" for n in (a.keys() - more) ^ (b.keys() - more)]
    for name in a.keys() & b.keys():
        if list(a[name].shape) != list(b[name].shape):
            bad.append(f"{name}: {list(a[name].shape)}, not {list(b[name].shape)}")
            continue
        x, y = (gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float64).ravel() for t in (a[name], b[name]))
        off = np.sqrt(((x - y) ** 2).mean() / max((y**2).mean(), 1e-30))
        if not off <= bound:
            bad.append(f"{name}: {a[name].tensor_type.name} is {off:.2g} off")
    for key, field in want.fields.items():
        if not key.startswith(OWN):
            if key not in got.fields:
                bad.append(f"no {key} ({value(field)})")
            elif value(got.fields[key]) != value(field):
                bad.append(f"{key}: {value(got.fields[key])}, not {value(field)}")
    return bad


def check(name, model, suiren, seed, wide):
    coder = encoders if name in encoders.MODELS else models
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        if wide:
            config = models.sizes(model)
            model = model | {"config": model["config"] | {k: v for k, v in WIDE.items() if k in config}}
        folder, reference = tmp / "folder", tmp / "reference.gguf"
        coder.write(name, model, folder, lambda n, p: make.fill(f"{n} {seed}", p))
        convert.convert(folder, reference)
        bad = []
        if coder is models:
            ids = make.prompt(f"{name} {seed}", reference, [])
            exact = models.logits(name, model, folder, ids)
        for kind, bound in BOUNDS.items():
            file = tmp / f"{kind}.gguf"
            subprocess.run([suiren, "models", "export", folder, file, "--type", kind], check=True, stdout=subprocess.DEVNULL)
            bad += [f"{kind}: {b}" for b in compare_files(file, reference, bound)]
            if coder is encoders:
                continue
            plain = file.with_suffix(".plain")
            convert.dequantise(file, plain)
            # Where it repacks on Sapphire Rapids, blocks in six of the narrow models give it other logits, or none that are numbers.
            with llama.Llama(file, repack=False) as m, llama.Llama(plain) as e:
                got, want = m.logits(ids), e.logits(ids)
            far = compare.nmse(got, want)
            # llama.cpp rounds what it multiplies with, to halves or to blocks: its own noise, not ours.
            if not far <= {"f32": 1e-6, "f16": 2e-5}.get(kind, 0.2 if "jumps" in model else 3e-2):
                bad.append(f"{kind}: llama.cpp is {far:.1e} from the same weights decoded")
            agrees = model.get("agree", 0) is not None  # llama.cpp has no window for Mistral
            if kind == "f32" and agrees and not compare.nmse(got, exact) <= 1e-6:
                bad.append(f"f32: llama.cpp is {compare.nmse(got, exact):.1e} from transformers")
        if coder is models:
            back = tmp / "back"
            run = subprocess.run([suiren, "models", "export", tmp / "f32.gguf", back, "--type", "f32"], capture_output=True, text=True)
            if "no name for the rotary factors" in run.stderr:
                print(f"     {name}: no folder from GGUF, whose factors are no released model's")
            elif run.returncode:
                bad.append(f"back: {run.stderr.strip()}")
            else:
                try:
                    again = models.logits(name, model, back, ids)
                except Exception as e:  # noqa: BLE001 whatever transformers says
                    again = np.full_like(exact, np.nan)
                    bad.append(f"back: {e}")
                if not np.abs(again - exact).max() <= 1e-4 * np.abs(exact).max():
                    bad.append(f"back: transformers is {np.abs(again - exact).max() / np.abs(exact).max():.1e} off")
    title = name + " wide" * wide
    print(f"FAIL {title}: " + "; ".join(bad) if bad else f"     {title}", flush=True)
    return not bad


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("suiren")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    every = {n: m for n, m in [*models.MODELS.items(), *encoders.MODELS.items()]
             if "only" not in m and m["class"] != "Gte" and (n in encoders.MODELS or m.get("gguf", True))}  # llama.cpp knows no GTE
    results = [check(n, every[n], a.suiren, a.seed, wide) for n in a.names or every for wide in (False, True)
               if not (wide and n in encoders.MODELS)]
    print(f"{sum(results)} of {len(results)} models agree")
    sys.exit(not all(results))


main()
