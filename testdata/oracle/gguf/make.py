"""Asks the gguf package what engine/weights has to answer.

    python3 -m venv VENV && VENV/bin/pip install gguf==0.19.0 numpy==2.4.6
    VENV/bin/python make.py        # writes the .gguf files beside this one
    VENV/bin/python make.py FILE   # reads FILE, which another program wrote

blocks.gguf holds metadata of every kind and a tensor of every type that is
read: random bits, with scales that are ordinary, zero, subnormal, infinite
and not numbers. values.gguf holds under the same names what gguf.dequantize
makes of them, and below encode/ numbers and what gguf.quantize makes of those.
set-*.gguf are one file that the package split. The same versions write the
same bytes.
"""

import importlib.metadata
import pathlib
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Q
from gguf import GGUFValueType as V

VERSIONS = {"gguf": "0.19.0", "numpy": "2.4.6"}
HERE = pathlib.Path(__file__).parent
ROWS, ROW = 3, 512
# Where the binary16 scales of a block are, in bytes.
SCALES = {Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2], Q.Q8_0: [0], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2],
          Q.Q6_K: [208], Q.IQ4_NL: [0], Q.MXFP4: [], Q.Q3_K: [108], Q.IQ4_XS: [0], Q.Q2_K: [80, 82],
          Q.IQ3_S: [0], Q.IQ3_XXS: [0], Q.IQ2_XXS: [0], Q.IQ2_XS: [0], Q.IQ2_S: [0]}
ODD = np.array([0x0000, 0x8000, 0x0001, 0x83FF, 0x7BFF, 0x7C00, 0xFC00, 0x7E01], np.uint16)

SCALARS = [
    ("u8", V.UINT8, 255), ("i8", V.INT8, -128), ("u16", V.UINT16, 65535), ("i16", V.INT16, -32768),
    ("u32", V.UINT32, 2**32 - 1), ("i32", V.INT32, -(2**31)), ("u64", V.UINT64, 2**64 - 1), ("i64", V.INT64, -(2**63)),
    ("f32", V.FLOAT32, 0.1), ("f64", V.FLOAT64, 0.1), ("bool", V.BOOL, True), ("string", V.STRING, "燧人 drills fire"),
]


def blocks(rng, kind):
    """Random bits with scales like a model's, but for the first of the last row's blocks."""
    block, size = gguf.GGML_QUANT_SIZES[kind]
    b = rng.integers(0, 256, (ROWS * ROW // block, size), dtype=np.uint8)
    for at in SCALES[kind]:
        scale = (rng.standard_normal(len(b)) * 2.0 ** rng.integers(-12, 4, len(b))).astype(np.float16)
        bits = scale.view(np.uint16).copy()
        last = len(b) // ROWS  # blocks of a row
        n = min(last, len(ODD))
        bits[-last:][:n] = rng.permutation(ODD)[:n]
        b[:, at:at + 2] = bits.view(np.uint8).reshape(-1, 2)
    return b.reshape(ROWS, -1)


def tensors():
    rng = np.random.default_rng(20261126)
    yield "F32", rng.integers(0, 2**32, (ROWS, ROW), dtype=np.uint32).view(np.float32), Q.F32
    yield "F16", rng.integers(0, 2**16, (ROWS, ROW), dtype=np.uint16).view(np.float16), Q.F16
    yield "BF16", rng.integers(0, 256, (ROWS, 2 * ROW), dtype=np.uint8), Q.BF16
    for kind in SCALES:
        yield kind.name, blocks(rng, kind), kind
    yield "scalar", np.array([2.5], np.float32), Q.F32
    yield "cube", np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4), Q.F32


def numbers():
    """What a model's weights are like, and blocks of zeros, of one number and of tiny ones."""
    rng = np.random.default_rng(20261127)
    x = (rng.standard_normal((4, ROW)) * 2.0 ** rng.integers(-10, 6, (4, 1))).astype(np.float32)
    x[3, :32], x[3, 32:64], x[3, 64:96], x[3, 96:128] = 0, -3, 1e-30, np.linspace(-1, 1, 32)
    return x


def finish(w):
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def write():
    w = gguf.GGUFWriter(HERE / "blocks.gguf", "qwen3")
    for name, kind, value in SCALARS:
        w.add_key_value("oracle." + name, value, kind)
        w.add_key_value("oracle.array." + name, [value] * 3, V.ARRAY, sub_type=kind)
    w.add_key_value("oracle.nested", [[1, 2], [3], [4, 5, 6]], V.ARRAY)
    w.add_context_length(4096)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(["a", "b", "Ġ"])
    w.add_chat_template("{{ messages }}")
    v = gguf.GGUFWriter(HERE / "values.gguf", "oracle")
    for name, data, kind in tensors():
        w.add_tensor(name, data, raw_dtype=kind)
        with np.errstate(all="ignore"):
            v.add_tensor(name, gguf.dequantize(data, kind).astype(np.float32))
    x = numbers()
    v.add_tensor("encode/numbers", x)
    for kind in (Q.F16, Q.BF16, Q.Q8_0, Q.Q4_0):
        q = gguf.quantize(x, kind)
        v.add_tensor("encode/" + kind.name, q, raw_dtype=kind)
    finish(w)
    finish(v)

    s = gguf.GGUFWriter(HERE / "set.gguf", "qwen3", split_max_tensors=2)
    for i in range(5):
        s.add_tensor(f"blk.{i}.weight", np.full((2, 3), i, np.float32))
    finish(s)


def read(path):
    for field in (r := gguf.GGUFReader(path)).fields.values():
        print(field.name, [t.name for t in field.types], field.contents())
    for t in r.tensors:
        with np.errstate(all="ignore"):
            print(t.name, t.tensor_type.name, t.shape.tolist(), gguf.dequantize(t.data, t.tensor_type).size)


if __name__ == "__main__":
    for name, version in VERSIONS.items():
        assert importlib.metadata.version(name) == version, f"{name} {version} is wanted"
    if len(sys.argv) > 1:
        read(sys.argv[1])
    else:
        write()
