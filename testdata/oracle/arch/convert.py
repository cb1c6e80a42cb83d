"""The Hugging Face folder as GGUF, by llama.cpp's converter, and GGUF in other types, by ggml."""

import logging
import pathlib
import sys

import encoders
import llama
import models

sys.path[:0] = [str(llama.root() / "src/gguf-py"), str(llama.root() / "src")]

import conversion  # noqa: E402
import gguf  # noqa: E402
import numpy as np  # noqa: E402

logging.disable(logging.WARNING)


def vocabulary(self):
    """In place of the converter's, which wants a tokenizer whose hash it knows."""
    tokens, merges = models.vocabulary()
    kinds = [gguf.TokenType.NORMAL] * (len(tokens) - models.SPECIAL) + [gguf.TokenType.CONTROL] * models.SPECIAL
    w = self.gguf_writer
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(tokens)
    w.add_token_types(kinds)
    w.add_token_merges([" ".join(m) for m in merges])
    w.add_bos_token_id(len(tokens) - 3)
    w.add_eos_token_id(len(tokens) - 1)
    w.add_add_bos_token(False)


def convert(folder, out):
    """Writes the folder as a float32 GGUF."""
    folder = pathlib.Path(folder)
    hparams = conversion.ModelBase.load_hparams(folder, False)
    arch = conversion.get_model_architecture(hparams, conversion.ModelType.TEXT)
    cls = conversion.get_model_class(arch)
    cls = type(cls.__name__, (cls,), {"model_arch": cls.model_arch, "set_vocab": encoders.VOCABULARIES.get(arch, vocabulary),
                                       "no_mtp": True})
    cls(folder, gguf.LlamaFileType.ALL_F32, pathlib.Path(out), model_name=folder.name).write()


def requantise(source, out, kind):
    """Writes every matrix of the float32 file source in the type; ValueError where a row is no whole number of blocks."""
    block = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]][0]
    for t in gguf.GGUFReader(source).tensors:
        if matrix(t) and t.shape[0] % block:
            raise ValueError(f"{t.name}: rows of {t.shape[0]} in blocks of {block}")
    rewrite(source, out, lambda t: kind if matrix(t) else None)


def dequantise(source, out):
    """Writes every tensor of source in float32."""
    rewrite(source, out, lambda t: "F32")


def matrix(t):
    """What llama-quantize would quantise."""
    kept = "_norm", "ffn_gate_inp", "ssm_conv1d", "position_embd", "token_types"
    return t.name.endswith(".weight") and len(t.shape) > 1 and not any(k in t.name for k in kept)


def rewrite(source, out, kind):
    r = gguf.GGUFReader(source)
    w = gguf.GGUFWriter(out, r.fields["general.architecture"].contents())
    for f in r.fields.values():
        if not f.name.startswith("GGUF.") and f.name != "general.architecture":
            w.add_key_value(f.name, f.contents(), f.types[0], f.types[1] if len(f.types) > 1 else None)
    for t in r.tensors:
        to = kind(t) or t.tensor_type.name
        if to == t.tensor_type.name:
            w.add_tensor(t.name, t.data, raw_dtype=t.tensor_type)
            continue
        x = gguf.dequantize(t.data, t.tensor_type)
        if to == "F32":
            w.add_tensor(t.name, x.astype(np.float32))
        else:
            data = llama.quantize(to, x.reshape(-1, x.shape[-1]))
            w.add_tensor(t.name, data.reshape(*x.shape[:-1], -1), raw_dtype=gguf.GGMLQuantizationType[to])
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
