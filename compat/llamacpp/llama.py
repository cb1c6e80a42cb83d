"""llama.cpp v0.5.0 in process, through ctypes: see setup.sh, which fetches it.

    llama.py logits FILE.gguf IDS.json OUT.npy    float32 (T, V), after every token

    llama = Llama("file.gguf")
    llama.logits(ids)               # the prompt at once
    llama.logits(ids, step=1)       # token by token, through the cache
    Llama("encoder.gguf", pooling="mean").embed(ids)
    quantize("Q4_K", matrix)        # bytes, by ggml itself

Layouts are those of include/llama.h of that version; a newer one needs them read again.
The folder of setup.sh is taken from LLAMACPP, or the user's cache.
"""

import ctypes as c
import json
import os
import pathlib
import sys

import numpy as np

VERSION = "llama.cpp v0.5.0 (npm @node-llama-cpp/linux-x64 3.22.1)"


def root():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("LLAMACPP") or pathlib.Path(cache) / "suiren/llamacpp-3.22.1")


def struct(name, fields):
    return type(name, (c.Structure,), {"_fields_": [(f, t) for f, t in fields]})


def fields(type_, names):
    return [(n, type_) for n in names.split()]


ModelParams = struct("ModelParams", [
    *fields(c.c_void_p, "devices tensor_buft_overrides"),
    *fields(c.c_int32, "n_gpu_layers split_mode load_mode lazy_mode main_gpu"),
    *fields(c.c_void_p, "tensor_split progress_callback progress_callback_user_data kv_overrides"),
    *fields(c.c_bool, "vocab_only check_tensors use_extra_bufts no_host no_alloc load_mtp"),
])
ContextParams = struct("ContextParams", [
    *fields(c.c_uint32, "n_ctx n_batch n_ubatch n_seq_max n_rs_seq n_outputs_max n_outputs_max_per_seq"),
    *fields(c.c_int32, "n_threads n_threads_batch ctx_type rope_scaling_type pooling_type attention_type flash_attn_type"),
    *fields(c.c_float, "rope_freq_base rope_freq_scale yarn_ext_factor yarn_attn_factor yarn_beta_fast yarn_beta_slow"),
    ("yarn_orig_ctx", c.c_uint32), ("defrag_thold", c.c_float),
    *fields(c.c_void_p, "cb_eval cb_eval_user_data"), *fields(c.c_int32, "type_k type_v"),
    *fields(c.c_void_p, "abort_callback abort_callback_data"),
    *fields(c.c_bool, "embeddings offload_kqv no_perf op_offload swa_full kv_unified"),
    ("samplers", c.c_void_p), ("n_samplers", c.c_size_t), ("ctx_other", c.c_void_p),
])
Batch = struct("Batch", [
    ("n_tokens", c.c_int32), ("token", c.POINTER(c.c_int32)), ("embd", c.c_void_p),
    ("pos", c.POINTER(c.c_int32)), ("n_seq_id", c.POINTER(c.c_int32)),
    ("seq_id", c.POINTER(c.POINTER(c.c_int32))), ("logits", c.POINTER(c.c_int8)),
])
assert (c.sizeof(ModelParams), c.sizeof(ContextParams), c.sizeof(Batch)) == (80, 160, 56)

ThreadpoolParams = struct("ThreadpoolParams", [
    ("cpumask", c.c_bool * 512), ("n_threads", c.c_int32), ("prio", c.c_int32), ("poll", c.c_uint32), ("strict_cpu", c.c_bool),
    ("paused", c.c_bool),
])
POOLING = {"none": 0, "mean": 1, "cls": 2, "last": 3, "rank": 4}
TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "Q2_K": 10, "Q3_K": 11, "Q4_K": 12, "Q5_K": 13,
         "Q6_K": 14, "IQ2_XXS": 16, "IQ2_XS": 17, "IQ3_XXS": 18, "IQ4_NL": 20, "IQ3_S": 21, "IQ2_S": 22, "IQ4_XS": 23, "BF16": 30, "MXFP4": 39}
RETURNS = {
    c.c_void_p: "llama_model_load_from_file llama_init_from_model llama_model_get_vocab llama_get_memory "
                "ggml_backend_dev_by_type ggml_backend_dev_backend_reg ggml_backend_reg_get_proc_address llama_adapter_lora_init",
    c.POINTER(c.c_float): "llama_get_logits llama_get_logits_ith llama_get_embeddings_ith llama_get_embeddings_seq",
    ModelParams: "llama_model_default_params", ContextParams: "llama_context_default_params", Batch: "llama_batch_init",
    c.c_uint64: "llama_model_size", c.c_size_t: "ggml_quantize_chunk ggml_row_size", None: "llama_memory_clear",
    c.c_uint32: "llama_model_n_cls_out",
}

_lib = None


@c.CFUNCTYPE(None, c.c_int, c.c_char_p, c.c_void_p)
def _log(level, text, _):
    if level == 4:  # an error
        sys.stderr.write(text.decode(errors="replace"))


def lib():
    """The library, loaded once, with the best CPU variant this machine runs."""
    global _lib
    if _lib is None:
        d = root() / "lib"
        if not d.is_dir():
            sys.exit(f"{d} is not there: run compat/llamacpp/setup.sh")
        base = c.CDLL(str(d / "libggml-base.so"), mode=c.RTLD_GLOBAL)
        ggml = c.CDLL(str(d / "libggml.v0.5.0.so"), mode=c.RTLD_GLOBAL)
        _lib = c.CDLL(str(d / "libllama.v0.5.0.so"), mode=c.RTLD_GLOBAL)
        for name in ("ggml_quantize_chunk", "ggml_row_size", "ggml_threadpool_params_init", "ggml_backend_dev_backend_reg"):
            setattr(_lib, name, getattr(base, name))
        for name in ("ggml_backend_dev_by_type", "ggml_backend_reg_get_proc_address"):
            setattr(_lib, name, getattr(ggml if hasattr(ggml, name) else base, name))
        for type_, names in RETURNS.items():
            for name in names.split():
                getattr(_lib, name).restype = type_
        _lib.llama_log_set(_log, None)
        ggml.ggml_backend_load_all_from_path(str(d).encode())
        _lib.llama_backend_init()
    return _lib


class Vocab:
    """The tokenizer alone of a file of GGUF, which may have no tensors."""

    def __init__(self, path):
        l = self.l = lib()
        mp = l.llama_model_default_params()
        mp.vocab_only = True
        self.model = c.c_void_p(l.llama_model_load_from_file(os.fsencode(path), mp))
        if not self.model:
            raise ValueError(f"{path}: llama.cpp does not load it")
        self.vocab = c.c_void_p(l.llama_model_get_vocab(self.model))

    def close(self):
        self.l.llama_model_free(self.model)

    def tokenize(self, text):
        """Ids of a text in which added tokens count, without what goes around it."""
        return tokenize(self.vocab, text, False, True)


def tokenize(vocab, text, around, special):
    raw = text.encode()
    out = (c.c_int32 * (len(raw) + 16))()
    n = lib().llama_tokenize(vocab, raw, len(raw), out, len(out), around, special)
    if n < 0:
        raise RuntimeError(f"llama_tokenize: {n}")
    return list(out[:n])


class Llama:
    """One model and one context of n_ctx tokens for each of sequences."""

    def __init__(self, path, threads=1, n_ctx=512, sequences=1, pooling=None, kv="F32", flash=False, repack=True, ubatch=512,
                 adapter=None):
        l = self.l = lib()
        mp = l.llama_model_default_params()
        assert mp.use_extra_bufts and mp.load_mode == -1, "another version's struct"
        mp.use_extra_bufts = repack
        self.model = c.c_void_p(l.llama_model_load_from_file(os.fsencode(path), mp))
        if not self.model:
            raise ValueError(f"{path}: llama.cpp does not load it")
        cp = l.llama_context_default_params()
        assert (cp.n_batch, cp.n_ubatch, cp.type_k) == (2048, 512, 1), "another version's struct"
        cp.n_ctx, cp.n_batch, cp.n_ubatch, cp.n_seq_max = n_ctx * sequences, max(n_ctx, ubatch), ubatch, sequences
        cp.n_threads = cp.n_threads_batch = threads
        cp.type_k = cp.type_v = TYPES[kv]
        cp.n_outputs_max_per_seq = 0  # every token's
        cp.flash_attn_type = -1 if flash is None else int(flash)  # None: as llama.cpp chooses
        if pooling is not None:
            cp.pooling_type, cp.embeddings = POOLING[pooling], True
            cp.n_ubatch = cp.n_batch
        self.pooling, self.n_batch = pooling, cp.n_batch
        self.ctx = c.c_void_p(l.llama_init_from_model(self.model, cp))
        if not self.ctx:
            raise ValueError(f"{path}: llama.cpp makes no context")
        if adapter is not None:
            lora = c.c_void_p(l.llama_adapter_lora_init(self.model, os.fsencode(adapter)))
            if not lora or l.llama_set_adapters_lora(self.ctx, (c.c_void_p * 1)(lora), c.c_size_t(1), (c.c_float * 1)(1)):
                raise ValueError(f"{adapter}: llama.cpp does not add it")
        self.memory = c.c_void_p(l.llama_get_memory(self.ctx))
        self.vocab = c.c_void_p(l.llama_model_get_vocab(self.model))
        self.n_vocab, self.n_embd = l.llama_vocab_n_tokens(self.vocab), l.llama_model_n_embd(self.model)
        self.batch = l.llama_batch_init(self.n_batch, 0, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.l.llama_batch_free(self.batch)
        self.l.llama_free(self.ctx)
        self.l.llama_model_free(self.model)

    def keep_threads(self, threads):
        """Threads that stay between calls and poll, as llama.cpp's programs have them, for measuring speed."""
        l, p = self.l, ThreadpoolParams()
        l.ggml_threadpool_params_init(c.byref(p), threads)
        cpu = c.c_void_p(l.ggml_backend_dev_backend_reg(c.c_void_p(l.ggml_backend_dev_by_type(0))))
        new = c.CFUNCTYPE(c.c_void_p, c.POINTER(ThreadpoolParams))(l.ggml_backend_reg_get_proc_address(cpu, b"ggml_threadpool_new"))
        l.llama_attach_threadpool(self.ctx, c.c_void_p(new(c.byref(p))), None)

    def size(self):
        """Bytes of the tensors."""
        return self.l.llama_model_size(self.model)

    def clear(self):
        if self.memory:
            self.l.llama_memory_clear(self.memory, True)

    def decode(self, tokens):
        """Runs [(id, position, sequence, wanted)...] in one call."""
        b = self.batch
        b.n_tokens = len(tokens)
        for i, (token, pos, seq, want) in enumerate(tokens):
            b.token[i], b.pos[i], b.n_seq_id[i], b.seq_id[i][0], b.logits[i] = token, pos, 1, seq, want
        rc = self.l.llama_decode(self.ctx, b)
        if rc:
            raise RuntimeError(f"llama_decode: {rc}")

    def row(self, i):
        """Logits (V) after the i-th token of the last call."""
        return np.ctypeslib.as_array(self.l.llama_get_logits_ith(self.ctx, i), (self.n_vocab,))

    def logits(self, ids, step=None, last=False):
        """Logits (T, V) after every token, or (V) after the last; step tokens a call, all at once without it."""
        self.clear()
        if last:
            self.decode([(t, i, 0, i == len(ids) - 1) for i, t in enumerate(ids)])
            return self.row(len(ids) - 1).copy()
        step, out = step or len(ids), []
        for at in range(0, len(ids), step):
            part = ids[at:at + step]
            self.decode([(t, at + i, 0, 1) for i, t in enumerate(part)])
            out += [self.row(i).copy() for i in range(len(part))]
        return np.stack(out)

    def embed(self, ids):
        """The pooled embedding (C), or the states (T, C) where pooling is none, not normalised.

        A reranker (pooling rank) gives its scores."""
        self.clear()
        self.decode([(t, i, 0, 1) for i, t in enumerate(ids)])
        if self.pooling == "none":
            return np.stack([np.ctypeslib.as_array(self.l.llama_get_embeddings_ith(self.ctx, i), (self.n_embd,)).copy()
                             for i in range(len(ids))])
        n = self.l.llama_model_n_cls_out(self.model) if self.pooling == "rank" else self.n_embd
        return np.ctypeslib.as_array(self.l.llama_get_embeddings_seq(self.ctx, 0), (n,)).copy()

    def tokenize(self, text, special=False):
        return tokenize(self.vocab, text, special, special)


def quantize(name, x):
    """The rows of x in the type's blocks, as ggml_quantize_chunk writes them, uint8 (rows, bytes).

    Types that want to know how much each column matters are told: as much as the others."""
    l, t = lib(), TYPES[name]
    x = np.ascontiguousarray(x, np.float32)
    out = np.empty((x.shape[0], l.ggml_row_size(t, c.c_int64(x.shape[1]))), np.uint8)
    weights = None
    if name in ("IQ2_XXS", "IQ2_XS"):
        weights = np.ones(x.shape[1], np.float32).ctypes.data_as(c.POINTER(c.c_float))
    n = l.ggml_quantize_chunk(t, x.ctypes.data_as(c.c_void_p), out.ctypes.data_as(c.c_void_p), c.c_int64(0),
                              c.c_int64(x.shape[0]), c.c_int64(x.shape[1]), weights)
    assert n == out.size, (name, n, out.size)
    return out


def main():
    if len(sys.argv) != 5 or sys.argv[1] != "logits":
        sys.exit(__doc__)
    ids = json.loads(pathlib.Path(sys.argv[3]).read_text())
    np.save(sys.argv[4], Llama(sys.argv[2], n_ctx=max(512, len(ids))).logits(ids))


if __name__ == "__main__":
    main()
