"""The models: what they are called, their sizes, and how their references run."""

import json

import spark
import torch
import transformers
from transformers.utils import logging

logging.disable_progress_bar()

SPECIAL = 3  # tokens at the vocabulary's end
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def vocabulary():
    """Byte-level BPE: the 256 bytes, two merges, three special tokens."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in plain]
    tokens = [chr(b) for b in plain] + [chr(256 + i) for i in range(len(rest))]
    merges = [("h", "e"), ("\u0120", "t")]
    return tokens + [a + b for a, b in merges] + ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], merges


V = len(vocabulary()[0])

SIZES = {"vocab_size": V, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "head_dim": 24, "max_position_embeddings": 256, "bos_token_id": V - 3, "eos_token_id": V - 1}
THETA = {"rope_type": "default", "rope_theta": 10000.0}

# Wide enough for blocks of 256.
BLOCKS = {"hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
          "head_dim": 128, "tie_word_embeddings": True, "rope_parameters": THETA}

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}

LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}

EXAONE = LLAMA3 | {"factor": 16.0, "original_max_position_embeddings": 8192}  # as released: GGUF keeps factors, not these

PHI = {"pad_token_id": V - 1, "head_dim": 16, "tie_word_embeddings": True, "rope_parameters": THETA | {"rope_type": "longrope", "partial_rotary_factor": 0.75}}

GELU = 1e-6  # llama.cpp's is of tanh, by a table of halves; Gemma's is of tanh, Spark's of erf

# class: of transformers; config: what differs from SIZES; sizes: those instead, where the family has other names; types:
# those it is committed in besides float32; only: those alone; gguf: False where llama.cpp would answer otherwise, and is not
# asked; long: the original context of factors of LongRoPE; legacy: config.json as transformers 4 wrote it; old_type: and rope_type as type; drop: keys that files in the wild lack;
# jumps: that what llama.cpp rounds turns other experts up, so that it is far from itself; agree: how far transformers and llama.cpp may be apart, 1e-9 without it.
MODELS = {
    "qwen3": {"class": "Qwen3", "config": {"tie_word_embeddings": True, "rope_parameters": THETA | {"rope_theta": 1e6}},
              "types": ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "MXFP4"]},
    "qwen3-wide": {"class": "Qwen3", "only": ["Q4_K", "Q5_K", "Q6_K"], "config": BLOCKS},
    "qwen3-low": {"class": "Qwen3", "only": ["Q2_K", "Q3_K", "IQ4_XS"], "config": BLOCKS},
    "qwen3-iq": {"class": "Qwen3", "only": ["IQ3_S", "IQ3_XXS"], "config": BLOCKS},
    "qwen3-iq2": {"class": "Qwen3", "only": ["IQ2_S", "IQ2_XS", "IQ2_XXS"], "config": BLOCKS},
    "llama": {"class": "Llama", "legacy": True, "drop": ["head_dim"], "config": {
        "hidden_size": 96, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 64,
        "tie_word_embeddings": False, "rope_parameters": THETA}},
    # GGUF permutes the biases of queries and keys as their rows.
    "llama-bias": {"class": "Llama", "legacy": True, "config": {
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "head_dim": 16, "attention_bias": True, "mlp_bias": True,
        "tie_word_embeddings": True, "rope_parameters": THETA}},
    "llama3": {"class": "Llama", "legacy": True, "config": {
        "num_key_value_heads": 1, "tie_word_embeddings": True, "rope_parameters": LLAMA3}},
    "qwen2": {"class": "Qwen2", "legacy": True, "drop": ["head_dim"], "config": {
        "num_attention_heads": 2, "head_dim": 32, "tie_word_embeddings": False, "rope_parameters": THETA | {"rope_theta": 1e6}}},
    # Qwen2.5's files of long context call the type so.
    "qwen2-yarn": {"class": "Qwen2", "legacy": True, "old_type": True, "drop": ["head_dim"], "config": {
        "num_attention_heads": 2, "head_dim": 32, "tie_word_embeddings": False, "rope_parameters": THETA | YARN}},
    "qwen3-yarn": {"class": "Qwen3", "config": {"tie_word_embeddings": True, "rope_parameters": THETA | YARN | {"rope_theta": 1e6}}},
    "llama-yarn": {"class": "Llama", "legacy": True, "config": {
        "num_key_value_heads": 1, "tie_word_embeddings": True, "rope_parameters": THETA | YARN | {"factor": 2.5}}},
    "spark2_5": {"class": "Spark", "agree": GELU, "types": ["Q8_0"], "config": {
        "num_hidden_layers": 4, "hidden_size": 32, "head_dim": 32, "num_key_value_heads": 1, "intermediate_size": 64, "tie_word_embeddings": True,
        "sliding_window": 8, "layer_types": ["sliding_attention"] * 3 + ["full_attention"], "rope_parameters": {
            "full_attention": {"rope_type": "default", "rope_theta": 5e6, "partial_rotary_factor": 0.25},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 1.0}}}},
    # llama.cpp's llama has no window: the converter drops it, so the GGUF looks at everything.
    "mistral": {"class": "Mistral", "agree": None, "config": {
        "sliding_window": 8, "tie_word_embeddings": False, "num_key_value_heads": 1, "rope_parameters": THETA}},
    "gemma2": {"class": "Gemma2", "agree": GELU, "config": {
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 48, "sliding_window": 8, "query_pre_attn_scalar": 48, "attn_logit_softcapping": 2.0,
        "final_logit_softcapping": 3.0, "rope_parameters": THETA}},
    # Six layers, for llama.cpp's pattern of five to one.
    "gemma3": {"class": "Gemma3", "agree": GELU, "config": {
        "num_hidden_layers": 6, "hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2, "num_key_value_heads": 1,
        "sliding_window": 8, "query_pre_attn_scalar": 24, "rope_parameters": {
            "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}}}},
    "qwen3_moe": {"class": "Qwen3Moe", "types": ["Q4_0"], "config": {
        "hidden_size": 32, "num_experts": 5, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "norm_topk_prob": True, "decoder_sparse_step": 1,
        "mlp_only_layers": [], "tie_word_embeddings": False, "rope_parameters": THETA}},
    # llama.cpp turns all of a sequence by the long factors where its context, of 512 tokens here, is beyond the original; the
    # first is not, the second is. Positions turn 12 of 16.
    "phi3": {"class": "Phi3", "legacy": True, "old_type": True, "drop": ["head_dim"], "long": 512, "types": ["Q4_0"], "config": PHI | {
        "max_position_embeddings": 1024}},
    "phi3-long": {"class": "Phi3", "legacy": True, "old_type": True, "drop": ["head_dim"], "long": 16, "config": PHI},
    "glm4": {"class": "Glm4", "types": ["Q8_0"], "config": {
        "pad_token_id": V - 1, "tie_word_embeddings": False, "rope_parameters": THETA | {"partial_rotary_factor": 0.5}}},
    # The converter knows these two contexts and this base alone.
    "hunyuan": {"class": "HunYuanDenseV1", "legacy": True, "old_type": True, "config": {
        "max_position_embeddings": 262144, "tie_word_embeddings": True, "rope_parameters": THETA | {
            "rope_type": "dynamic", "alpha": 1000.0, "factor": 1.0}}},
    "ernie4_5": {"class": "Ernie4_5", "legacy": True, "config": {
        "tie_word_embeddings": True, "rope_parameters": THETA | {"rope_theta": 500000.0}}},
    # Five layers: the fourth has no positions.
    "smollm3": {"class": "SmolLM3", "legacy": True, "config": {
        "pad_token_id": V - 1, "num_hidden_layers": 5, "hidden_size": 32, "intermediate_size": 64, "head_dim": 16, "num_attention_heads": 2, "num_key_value_heads": 1,
        "tie_word_embeddings": True, "rope_parameters": THETA | {"rope_theta": 5e6}}},
    "granite": {"class": "Granite", "legacy": True, "drop": ["head_dim"], "config": {
        "head_dim": 16, "tie_word_embeddings": True, "embedding_multiplier": 3.0, "attention_multiplier": 0.5,
        "residual_multiplier": 0.7, "logits_scaling": 1.5, "rope_parameters": THETA}},
    "olmo2": {"class": "Olmo2", "legacy": True, "drop": ["head_dim"], "config": {
        "head_dim": 16, "tie_word_embeddings": False, "rope_parameters": THETA | {"rope_theta": 500000.0}}},
    "seed_oss": {"class": "SeedOss", "legacy": True, "config": {
        "pad_token_id": V - 1, "tie_word_embeddings": False, "rope_parameters": THETA | {"rope_theta": 1e7}}},
    # Of 1.2B no layer slides, and all have positions.
    "exaone4": {"class": "Exaone4", "legacy": True, "config": {
        "head_dim": 16, "rms_norm_eps": 1e-5, "sliding_window": None, "sliding_window_pattern": None, "layer_types": ["full_attention"] * 2,
        "tie_word_embeddings": True, "rope_parameters": EXAONE}},
    # Of 32B three layers of four slide and alone have positions; llama.cpp knows it by its 64 layers.
    "exaone4-hybrid": {"class": "Exaone4", "legacy": True, "config": {
        "num_hidden_layers": 64, "hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 16,
        "rms_norm_eps": 1e-5, "sliding_window": 8, "sliding_window_pattern": "LLLG", "layer_types": (["sliding_attention"] * 3 + ["full_attention"]) * 16,
        "tie_word_embeddings": False, "rope_parameters": EXAONE}},
    # The same of few layers, which is well enough conditioned to be trained; llama.cpp lets all of them see everything.
    "exaone4-sliding": {"class": "Exaone4", "legacy": True, "gguf": False, "config": {
        "num_hidden_layers": 4, "hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16,
        "rms_norm_eps": 1e-5, "sliding_window": 8, "sliding_window_pattern": "LLLG", "layer_types": ["sliding_attention"] * 3 + ["full_attention"],
        "tie_word_embeddings": False, "rope_parameters": EXAONE}},
    # In its own names, n_ctx as the files in the wild have it.
    "gpt2": {"class": "GPT2", "agree": GELU, "types": ["F16", "Q8_0"], "sizes": {
        "vocab_size": V, "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 256, "n_ctx": 256,
        "bos_token_id": V - 3, "eos_token_id": V - 3}, "config": {}},
    # Three layers of four have a state; a key head of them serves two value heads, which GGUF has in another order.
    "qwen3_5": {"class": "Qwen3_5", "types": ["Q8_0"], "config": {
        "num_hidden_layers": 4, "hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32, "intermediate_size": 64,
        "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 32, "linear_value_head_dim": 32,
        "layer_types": ["linear_attention"] * 3 + ["full_attention"], "tie_word_embeddings": True,
        "rope_parameters": THETA | {"rope_theta": 1e7, "partial_rotary_factor": 0.25}}},
    # A shared expert beside the others, of another width.
    "qwen3_5_moe": {"class": "Qwen3_5Moe", "jumps": True, "types": ["Q5_0"], "config": {
        "num_hidden_layers": 4, "hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32,
        "num_experts": 5, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "shared_expert_intermediate_size": 64,
        "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 32, "linear_value_head_dim": 32,
        "layer_types": ["linear_attention"] * 3 + ["full_attention"], "tie_word_embeddings": False,
        "rope_parameters": THETA | {"rope_theta": 1e7, "partial_rotary_factor": 0.25}}},
}


CONFIG = {"Gemma3": "TextConfig", "Qwen3_5": "TextConfig", "Qwen3_5Moe": "TextConfig"}


def norm_centre(name, key):
    """Gemma multiplies by 1+w, as does Qwen3.5 but behind its states."""
    return 0 if name.startswith("gemma") or name.startswith("qwen3_5") and "linear_attn" not in key else 1


def sizes(model):
    config = model.get("sizes", SIZES) | model["config"]
    if "long" in model:
        rope = config["rope_parameters"]
        pairs = int(config["head_dim"] * rope["partial_rotary_factor"]) // 2
        config |= {"original_max_position_embeddings": model["long"], "rope_parameters": rope | {
            "short_factor": [1 + i / 16 for i in range(pairs)], "long_factor": [1 + i / 2 for i in range(pairs)]}}
    return config


def write(name, model, folder, fill):
    """Writes the folder, in bfloat16, which holds the weights exactly."""
    if model["class"] == "Spark":
        spark.write(name, SIZES | model["config"], folder, fill)
        return write_tokenizer(folder)
    config = getattr(transformers, model["class"] + CONFIG.get(model["class"], "Config"))(**sizes(model))
    m = transformers.AutoModelForCausalLM.from_config(config)
    fill(name, dict(m.named_parameters()))
    m.tie_weights()
    m.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink()
    edit(folder / "config.json", model)
    write_tokenizer(folder)


def edit(path, model):
    """Changes config.json to what the model's row says of it."""
    config = json.loads(path.read_text())
    if model.get("legacy"):
        rope = config.pop("rope_parameters")
        config["rope_theta"] = rope.pop("rope_theta")
        config["rope_scaling"] = rope if rope["rope_type"] != "default" else None
        if model.get("old_type"):
            rope["type"] = rope.pop("rope_type")
        config["torch_dtype"] = config.pop("dtype")
        config["transformers_version"] = "4.46.0"
    for key in model.get("drop", []):
        del config[key]
    path.write_text(json.dumps(config, indent=2) + "\n")


def write_tokenizer(folder):
    tokens, merges = vocabulary()
    special = [{"id": V - SPECIAL + i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                "special": True} for i, t in enumerate(tokens[-SPECIAL:])]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False}
    (folder / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]}, "post_processor": None, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "",
                  "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {t: i for i, t in enumerate(tokens[:-SPECIAL])}, "merges": merges}}, ensure_ascii=False) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": tokens[-3], "eos_token": tokens[-1], "add_bos_token": False}) + "\n")


@torch.no_grad()
def logits(name, model, folder, ids):
    """(T, V), by the reference, of the folder as it was written."""
    if model["class"] == "Spark":
        return spark.logits(folder, ids)
    m, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    assert not any(info.values()), info
    return m.eval()(input_ids=torch.tensor([ids])).logits[0].numpy()
