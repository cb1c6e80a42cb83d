"""Asks transformers and llama.cpp what engine/model has to answer, for every architecture.

    export LLAMACPP=$(compat/llamacpp/setup.sh)
    $(compat/venv.sh) testdata/oracle/arch/make.py [NAME...]    # from the repository's root

Each folder beside this file is one model of random weights and odd sizes: a
Hugging Face folder, the same weights as model.gguf.gz, and answers/.
answers.json has the ids; answers/model.safetensors has, after every token,
the logits (T, V) of

    folder       transformers, float32, eager attention. transformers does not know
                 spark2_5: spark.py, which agrees with llama.cpp
    gguf         llama.cpp, float32 throughout
    gguf.TYPE    llama.cpp, of TYPE.gguf.gz: every matrix in that type, by ggml's own encoder

and for an encoder, behind the same prefixes and a slash, states (T, C) and
embedding (C, of length 1), or score (1).

Weights are multiples of a power of two, so that float32, float16 and bfloat16
hold them all exactly and gzip holds them well. The GGUF comes from llama.cpp's
own converter. Before anything is written the two programs have to agree, at
once and step by step; what llama.cpp's quantised arithmetic is worth (its
distance from its own float32 on the same weights) is printed and kept in
answers.json as "noise". Another CPU may write other last bits.
"""

import gzip
import importlib.metadata
import json
import os
import pathlib
import shutil
import sys
import tempfile
import zlib

os.environ["HF_HUB_OFFLINE"] = "1"
HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "compat/llamacpp")]

import compare  # noqa: E402
import convert  # noqa: E402
import encoders  # noqa: E402
import llama  # noqa: E402
import models  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

TOKENS = 32  # four windows
VERSIONS = {"torch": "2.15.0", "transformers": "5.23.0"}


def agree(what, got, want, limit):
    far, same = compare.nmse(got, want), (got.argmax(-1) == want.argmax(-1)).mean()
    print(f"    {what:24} NMSE {far:.1e}, argmax {same:.0%}")
    assert far <= limit, f"{what}: {far}"
    return far


def fill(name, parameters):
    """Sets every parameter: matrices N(0, 1/fan-in), norms about 1, biases small; all on a grid."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    for key, p in sorted(parameters.items()):
        x = rng.standard_normal(p.shape)
        if p.ndim == 1 and ("norm" in key.lower() or ".ln_" in key) and key.endswith("weight"):
            x = np.rint(x * 16) / 64 + models.norm_centre(name, key)
        elif p.ndim == 1:
            x = np.rint(x * 16) / 64
        else:
            sd = 2.0 ** np.rint(np.log2(p.shape[-1] ** -0.5))
            x = np.clip(np.rint(x * 4), -15, 15) * (sd / 4)
        p.data = torch.tensor(x, dtype=torch.float32)


def prompt(name, gguf, files):
    """Ids after each of which, in every file, the likeliest token leads by much more than rounding moves.

    Each is the best of 24 random ones. Rounding is what llama.cpp's arithmetic on blocks loses; a router that it turns loses much."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    pairs, ids = [(llama.Llama(gguf, n_ctx=64), None)], []
    for file in files:
        pairs.append((llama.Llama(file, n_ctx=64), llama.Llama(file.with_suffix(".f32"), n_ctx=64)))

    def lead(blocks, exact, token):
        z = blocks.logits(ids + [token], last=True)
        second, first = np.partition(z, -2)[-2:]
        off = z - exact.logits(ids + [token], last=True) if exact else 0
        return (first - second) / (np.std(off) + 0.02 * z.std())

    while len(ids) < TOKENS:
        some = map(int, rng.integers(0, models.V - models.SPECIAL, 24))
        ids.append(max(some, key=lambda t: min(lead(*p, t) for p in pairs)))
    for m in (m for p in pairs for m in p if m):
        m.close()
    return ids


def write_gz(path, data):
    with open(path, "wb") as f, gzip.GzipFile("", "wb", 9, f, 0) as z:  # no name, no time: the same bytes again
        z.write(data)


def plain(name, model, folder, gguf, ids):
    """Logits of the folder and of the GGUF, which agree."""
    limit = model.get("agree", 1e-9)
    want = models.logits(name, model, folder, ids)
    assert np.isfinite(want).all()
    with llama.Llama(gguf) as m:
        got = m.logits(ids)
        for step in 1, 7:
            agree(f"steps of {step}", m.logits(ids, step=step), got, limit or 1e-9)
    if limit:
        agree("llama.cpp, transformers", got, want, limit)
    return {"folder": want, "gguf": got}


def encoder(name, model, folder, gguf, files):
    """States and embedding, or score, of the folder and of every GGUF."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    ids = [model["wrap"][0], *map(int, rng.integers(*model["range"], TOKENS - 2)), model["wrap"][1]]
    out = {f"folder/{k}": v for k, v in encoders.answers(model, folder, ids).items()}
    for file in [gguf, *files] if model.get("gguf", True) else []:
        prefix = "gguf" if file is gguf else f"gguf.{file.stem}"
        for what in (k.split("/")[1] for k in list(out) if k.startswith("folder/")):
            with llama.Llama(file, pooling={"states": "none", "score": "rank"}.get(what, model["pooling"])) as m:
                got = m.embed(ids)
            out[f"{prefix}/{what}"] = got / np.linalg.norm(got) if what == "embedding" else got
            agree(f"{prefix} {what}", out[f"{prefix}/{what}"], out[f"folder/{what}"], 1e-6 if file is gguf else 1e-2)
    return ids, out


def quantised(file, ids):
    """Logits of a file in another type, and what llama.cpp's arithmetic loses."""
    kind = file.stem
    with llama.Llama(file.with_suffix(".f32")) as m:
        exact = m.logits(ids)
    with llama.Llama(file) as m:
        agree(f"{kind}, repacked", m.logits(ids), exact, 1e-2)
    with llama.Llama(file, repack=False) as m:
        got = m.logits(ids)
        agree(f"{kind}, steps of 1", m.logits(ids, step=1), exact, 1e-2)
    return got, agree(f"{kind}, exact", got, exact, 1e-2)


def make(name):
    print(name)
    model = models.MODELS.get(name) or encoders.MODELS[name]
    tensors, noise = {}, {}
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        folder, gguf = tmp / "folder", tmp / "model.gguf"
        (encoders if name in encoders.MODELS else models).write(name, model, folder, fill)
        if model.get("gguf", True):
            convert.convert(folder, gguf)
        files = [tmp / f"{kind}.gguf" for kind in model.get("types", model.get("only", []))]
        for file in files:
            convert.requantise(gguf, file, file.stem)
            convert.dequantise(file, file.with_suffix(".f32"))
        if name in encoders.MODELS:
            ids, tensors = encoder(name, model, folder, gguf, files)
        elif not model.get("gguf", True):
            ids = [int(t) for t in np.random.default_rng(zlib.crc32(name.encode())).integers(0, models.V - models.SPECIAL, TOKENS)]
            tensors = {"folder": models.logits(name, model, folder, ids)}
        else:
            ids = prompt(name, gguf, files)
            tensors = {} if "only" in model else plain(name, model, folder, gguf, ids)
            for file in files:
                tensors[f"gguf.{file.stem}"], noise[file.stem] = quantised(file, ids)
        out = HERE / name
        shutil.rmtree(out, ignore_errors=True)
        if "only" in model:
            out.mkdir()
        else:
            shutil.copytree(folder, out)
        for file in files if "only" in model else [gguf, *files] if model.get("gguf", True) else []:
            write_gz(out / f"{file.name}.gz", file.read_bytes())
    (out / "answers").mkdir()
    save_file({k: torch.tensor(np.float32(v)) for k, v in tensors.items()}, out / "answers/model.safetensors")
    answers = {"versions": {**VERSIONS, "llama.cpp": llama.VERSION}, "ids": ids, "noise": noise}
    (out / "answers/answers.json").write_text(json.dumps(answers) + "\n")
    for f in out.rglob("*.safetensors"):
        f.chmod(0o644)
    print(f"    {sum(f.stat().st_size for f in out.rglob('*') if f.is_file())} bytes")


def main():
    for name, want in VERSIONS.items():
        have = importlib.metadata.version(name)
        if have.split("+")[0] != want:
            raise SystemExit(f"{name} is {have}; this script is for {want}")
    torch.set_num_threads(1)
    for name in sys.argv[1:] or [*models.MODELS, *encoders.MODELS]:
        make(name)


if __name__ == "__main__":
    main()
