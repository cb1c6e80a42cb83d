"""Writes GGUF files of random weights in the shapes of real models, for measuring speed.

    LLAMACPP=$(compat/llamacpp/setup.sh) PYTHON compat/llamacpp/speed.py FOLDER [NAME...]    # PYTHON has numpy

NAME is SHAPE-TYPE: qwen3-35m, spark-45m, qwen3-0.6b, llama-1.1b, spark-1.7b, qwen3.5-0.8b; Q8_0, Q4_0, Q4_K_M. 18 files, 11 GB;
those there are kept.
The types of the tensors are those that llama-quantize gives them. Blocks are random bits with scales that make
every matrix about N(0, 1/fan-in), so that activations stay ordinary. The vocabulary is byte-level BPE: all bytes,
then pairs of letters, then pairs of those, with the split pattern "qwen2" and a ChatML template.
"""

import itertools
import pathlib
import string
import sys

import llama

sys.path.insert(0, str(llama.root() / "src/gguf-py"))

import gguf  # noqa: E402
import numpy as np  # noqa: E402
from gguf import GGMLQuantizationType as Q  # noqa: E402

CHATML = ("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
          "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SHAPES = {  # C, F, L, H, KV heads, D, V
    "qwen3-35m": ("qwen3", 512, 1536, 6, 8, 4, 64, 32000),  # of no real model: for compat/load
    "spark-45m": ("spark2_5", 512, 1536, 8, 8, 2, 256, 32000),  # nor this
    "qwen3-0.6b": ("qwen3", 1024, 3072, 28, 16, 8, 128, 151936),
    "llama-1.1b": ("llama", 2048, 5632, 22, 32, 4, 64, 32000),
    "spark-1.7b": ("spark2_5", 2048, 6656, 28, 8, 2, 256, 131072),
    "qwen3.5-0.8b": ("qwen35", 1024, 3584, 24, 8, 2, 256, 248320),
}
STATE = (16, 128, 4)  # heads of a layer with a state, their size, tokens of its convolution
FTYPES = {"Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0, "Q4_0": gguf.LlamaFileType.MOSTLY_Q4_0, "Q4_K_M": gguf.LlamaFileType.MOSTLY_Q4_K_M}


def vocabulary(n):
    """n tokens and their merges."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    tokens = [chr(b) for b in plain] + [chr(256 + i) for i in range(256 - len(plain))]
    space, letters = "\u0120", string.ascii_lowercase
    pairs = [(a, b) for a in space + letters for b in letters]
    fours = ((a + b, c + d) for (c, d), (a, b) in itertools.product(pairs[26:], pairs))
    merges = pairs + list(itertools.islice(fours, n - len(tokens) - len(pairs) - len(SPECIAL)))
    tokens += [a + b for a, b in merges] + SPECIAL
    assert len(tokens) == n == len(set(tokens))
    return tokens, merges


def tensors(arch, c, f, layers, h, kv, d, v):
    """(name, shape) in llama.cpp's names, rows first; one-dimensional ones are norms."""
    yield "token_embd.weight", (v, c)
    for i in range(layers):
        b = f"blk.{i}."
        yield b + "attn_norm.weight", (c,)
        if arch == "qwen35":
            yield from hybrid(b, i, c, h, kv, d)
            yield from feed_forward(b, c, f)
            continue
        if arch == "spark2_5":
            yield b + "attn_qkv.weight", ((h + 2 * kv) * d, c)
            yield b + "attn_gate.weight", (h, c)
        else:
            yield b + "attn_q.weight", (h * d, c)
            yield b + "attn_k.weight", (kv * d, c)
            yield b + "attn_v.weight", (kv * d, c)
        if arch == "qwen3":
            yield b + "attn_q_norm.weight", (d,)
            yield b + "attn_k_norm.weight", (d,)
        yield b + "attn_output.weight", (c, h * d)
        yield b + "ffn_norm.weight", (c,)
        yield from feed_forward(b, c, f)
    yield "output_norm.weight", (c,)
    if arch == "llama":
        yield "output.weight", (v, c)


def feed_forward(b, c, f):
    yield b + "ffn_gate.weight", (f, c)
    yield b + "ffn_up.weight", (f, c)
    yield b + "ffn_down.weight", (c, f)


def hybrid(b, i, c, h, kv, d):
    """Attention of Qwen3.5: three layers of four have a state."""
    yield b + "post_attention_norm.weight", (c,)
    if (i + 1) % 4:
        heads, size, taps = STATE
        n = heads * size
        yield b + "attn_qkv.weight", (3 * n, c)
        yield b + "attn_gate.weight", (n, c)
        yield b + "ssm_beta.weight", (heads, c)
        yield b + "ssm_alpha.weight", (heads, c)
        yield b + "ssm_conv1d.weight", (3 * n, taps)
        yield b + "ssm_a", (heads,)
        yield b + "ssm_dt.bias", (heads,)
        yield b + "ssm_norm.weight", (size,)
        yield b + "ssm_out.weight", (c, n)
        return
    yield b + "attn_q.weight", (2 * h * d, c)
    yield b + "attn_k.weight", (kv * d, c)
    yield b + "attn_v.weight", (kv * d, c)
    yield b + "attn_q_norm.weight", (d,)
    yield b + "attn_k_norm.weight", (d,)
    yield b + "attn_output.weight", (c, h * d)


def type_of(name, ftype, tied, layers):
    """llama-quantize's choice."""
    if ftype == "Q8_0":
        return Q.Q8_0
    if name == "output.weight" or tied and name == "token_embd.weight":
        return Q.Q6_K
    if ftype == "Q4_0":
        return Q.Q4_0
    if any(k in name for k in ("attn_v.", "attn_qkv.", "ffn_down.")):
        i = int(name.split(".")[1])
        if i < layers // 8 or i >= 7 * layers // 8 or (i - layers // 8) % 3 == 2:
            return Q.Q6_K
    return Q.Q4_K


def halves(x):
    return np.float16(x).reshape(-1, 1).view(np.uint8)


def blocks(rng, kind, n, sd):
    """n random blocks, uint8 (n, bytes), whose weights have mean 0 and about this deviation."""
    size = gguf.GGML_QUANT_SIZES[kind][1]
    b = rng.integers(0, 256, (n, size), np.uint8)
    scale = sd * rng.uniform(0.75, 1.25, n)
    if kind == Q.Q8_0:
        b[:, :2] = halves(scale / 74)  # the deviation of a random byte
    elif kind == Q.Q4_0:
        b[:, :2] = halves(scale / 4.6)
    elif kind == Q.Q4_K:  # w = d·sc·q − dmin·m with sc, m below 64
        b[:, :2], b[:, 2:4] = halves(scale / 220), halves(scale / 220 * 7.5)
    elif kind == Q.Q6_K:  # w = d·sc·(q−32)
        b[:, 192:208] = rng.integers(-64, 64, (n, 16), np.int8).view(np.uint8)
        b[:, 208:] = halves(scale / 680)
    return b


def write(path, shape, ftype):
    arch, c, f, layers, h, kv, d, v = SHAPES[shape]
    rng = np.random.default_rng(1)
    w = gguf.GGUFWriter(path, arch)
    w.add_name(path.stem)
    w.add_file_type(FTYPES[ftype])
    w.add_vocab_size(v)
    w.add_context_length(40960)
    w.add_embedding_length(c)
    w.add_feed_forward_length(f)
    w.add_block_count(layers)
    w.add_head_count(h)
    w.add_head_count_kv(kv)
    w.add_key_length(d)
    w.add_value_length(d)
    w.add_layer_norm_rms_eps(1e-6)
    w.add_rope_freq_base({"qwen3": 1e6, "qwen35": 1e7, "llama": 1e4, "spark2_5": 5e6}[arch])
    if arch == "spark2_5":
        w.add_sliding_window(512)
        w.add_sliding_window_pattern([(i + 1) % 4 != 0 for i in range(layers)])
        w.add_rope_freq_base_swa(1e4)
        w.add_rope_dimension_count(d // 4)
        w.add_rope_dimension_count_swa(d)
    elif arch == "llama":
        w.add_rope_dimension_count(d)
    elif arch == "qwen35":
        heads, size, taps = STATE
        w.add_ssm_conv_kernel(taps)
        w.add_ssm_state_size(size)
        w.add_ssm_group_count(heads)
        w.add_ssm_time_step_rank(heads)
        w.add_ssm_inner_size(heads * size)
        w.add_full_attention_interval(4)
        w.add_rope_dimension_count(d // 4)
        w.add_rope_dimension_sections([11, 11, 10, 0])
    tokens, merges = vocabulary(v)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(tokens)
    w.add_token_types([gguf.TokenType.NORMAL] * (v - len(SPECIAL)) + [gguf.TokenType.CONTROL] * len(SPECIAL))
    w.add_token_merges([f"{a} {b}" for a, b in merges])
    w.add_eos_token_id(v - 1)
    w.add_pad_token_id(v - 3)
    w.add_add_bos_token(False)
    w.add_chat_template(CHATML)

    plan = []
    for name, dims in tensors(arch, c, f, layers, h, kv, d, v):
        kind = Q.F32 if len(dims) == 1 or "conv1d" in name else type_of(name, ftype, arch != "llama", layers)
        block, size = gguf.GGML_QUANT_SIZES[kind]
        bytes_ = gguf.quant_shape_to_byte_shape(dims, kind) if kind != Q.F32 else dims
        w.add_tensor_info(name, bytes_, np.dtype(np.uint8 if kind != Q.F32 else np.float32), int(np.prod(dims)) // block * size, kind)
        plan.append((name, kind, dims, int(np.prod(dims)) // block))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_ti_data_to_file()
    pools = {}
    for name, kind, dims, n in plan:
        if kind == Q.F32:
            w.write_tensor_data(np.full(dims, -0.1 if name.endswith("ssm_a") else 0.5 if "conv1d" in name else 1, np.float32))
            continue
        key = kind, dims[-1]
        if key not in pools:  # 64k blocks, repeated from another start in every tensor
            pools[key] = blocks(rng, kind, 1 << 16, dims[-1] ** -0.5)
        at = int(rng.integers(1 << 16))
        w.write_tensor_data(np.resize(np.roll(pools[key], at, 0), (n, pools[key].shape[1])).reshape(dims[0], -1))
    w.close()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or [f"{s}-{t}" for s in SHAPES for t in FTYPES]:
        path = folder / f"{name}.gguf"
        if not path.exists():
            write(path.with_suffix(".part"), *name.rsplit("-", 1))
            path.with_suffix(".part").rename(path)
        print(path, path.stat().st_size)


main()
