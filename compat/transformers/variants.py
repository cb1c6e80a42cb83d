"""Settings of config.json that no model of testdata/oracle/arch has: another program against transformers.

    variants.py --ours 'COMMAND {model} {ids} {out} {step}'    # as for compat/llamacpp/live.py; variants.sh gives one

Each is a folder of random weights. Where the program does not read a setting it has to say so: a line names it, and
logits that are off by more than NMSE 1e-9 (1e-7 for activations that it may take for their neighbours) fail.
"""

import argparse
import copy
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "llamacpp"), str(HERE.parents[1] / "testdata/oracle/arch")]

import compare  # noqa: E402
import make  # noqa: E402
import models  # noqa: E402
import numpy as np  # noqa: E402

ROPE = {"rope_theta": 1e4, "factor": 4.0}
VARIANTS = [
    ("gemma2", {"query_pre_attn_scalar": 30}),
    ("gemma3", {"query_pre_attn_scalar": 30}),
    ("gemma3", {"layer_types": ["full_attention", "sliding_attention"] * 3}),
    ("gemma2", {"attn_logit_softcapping": None, "final_logit_softcapping": None}),
    ("gemma2", {"hidden_activation": "gelu"}),
    ("llama", {"rope_parameters": ROPE | {"rope_type": "linear"}}),
    ("llama", {"rope_parameters": ROPE | {"rope_type": "dynamic"}}),
    ("qwen3", {"rope_parameters": ROPE | {"rope_type": "yarn", "original_max_position_embeddings": 16}}),
    ("llama", {"attention_bias": True}),
    ("llama", {"mlp_bias": True}),
    ("llama", {"hidden_act": "gelu"}),
    ("qwen3", {"attention_bias": True}),
    ("qwen3", {"tie_word_embeddings": False}),
    ("qwen3_moe", {"norm_topk_prob": False}),
    ("qwen3_moe", {"decoder_sparse_step": 2}),
    ("qwen3_moe", {"mlp_only_layers": [0]}),
    ("qwen3_moe", {"num_experts_per_tok": 5}),
    ("mistral", {"sliding_window": None}),
    ("mistral", {"num_attention_heads": 8, "num_key_value_heads": 8, "head_dim": 8}),
    ("qwen2", {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1}),
    ("qwen3", {"use_sliding_window": True, "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]}),
    ("qwen3_5", {"tie_word_embeddings": False, "linear_num_value_heads": 2}),
    ("qwen3_5", {"linear_num_value_heads": 6, "linear_value_head_dim": 16, "linear_conv_kernel_dim": 3}),
    ("qwen3_5", {"layer_types": ["full_attention", "linear_attention"] * 2, "attention_bias": True}),
    ("qwen3_5", {"layer_types": ["full_attention"] * 4}),
    ("qwen3_5", {"hidden_act": "gelu"}),
    ("qwen3_5", {"rope_parameters": ROPE | {"rope_type": "yarn", "original_max_position_embeddings": 16, "partial_rotary_factor": 0.5}}),
    ("qwen3_5_moe", {"tie_word_embeddings": True, "shared_expert_intermediate_size": 16}),
    ("qwen3_5_moe", {"num_experts_per_tok": 5, "linear_num_value_heads": 2}),
    ("qwen3_5_moe", {"num_experts": 1, "num_experts_per_tok": 1, "norm_topk_prob": False}),
    ("qwen3_5_moe", {"layer_types": ["full_attention"] * 4, "shared_expert_intermediate_size": 32}),
    ("qwen3_5_moe", {"mlp_only_layers": [0]}),
    ("phi3", {"sliding_window": 8}),
    ("phi3", {"rope_parameters": models.THETA | {"partial_rotary_factor": 1.0}}),
    ("phi3-long", {"sliding_window": 8, "tie_word_embeddings": False}),
    ("glm4", {"attention_bias": False}),
    ("glm4", {"rope_parameters": models.THETA | {"partial_rotary_factor": 1.0}}),
    ("hunyuan", {"rope_parameters": models.THETA}),
    ("hunyuan", {"attention_bias": True}),
    ("ernie4_5", {"use_bias": True}),
    ("smollm3", {"no_rope_layers": [0, 1, 1, 0, 1]}),
    ("smollm3", {"no_rope_layer_interval": 2}),
    ("smollm3", {"use_sliding_window": True, "sliding_window": 8}),
    ("granite", {"attention_bias": True, "mlp_bias": True}),
    ("granite", {"residual_multiplier": 1.0, "logits_scaling": 1.0, "embedding_multiplier": 1.0, "attention_multiplier": 0.25}),
    ("olmo2", {"attention_bias": True}),
    ("seed_oss", {"attention_bias": False}),
    ("seed_oss", {"attention_out_bias": True, "mlp_bias": True}),
    ("exaone4", {"sliding_window": 8, "sliding_window_pattern": 2, "layer_types": None}),
    ("exaone4", {"sliding_window": 8, "tie_word_embeddings": False}),
    ("exaone4-sliding", {"layer_types": ["full_attention", "sliding_attention"] * 2}),
    ("gpt2", {"n_inner": 96}),
    ("gpt2", {"activation_function": "gelu"}),
    ("gpt2", {"activation_function": "relu"}),
    ("gpt2", {"tie_word_embeddings": False}),
    ("gpt2", {"reorder_and_upcast_attn": True}),
    ("gpt2", {"scale_attn_weights": False}),
    ("gpt2", {"scale_attn_by_inverse_layer_idx": True}),
    ("spark2_5", {"num_hidden_layers": 3, "layer_types": ["full_attention", "sliding_attention", "full_attention"]}),
]


def check(name, setting, command):
    model = copy.deepcopy(models.MODELS[name])
    model["config"] |= setting
    title = f"{name} {json.dumps(setting)}"
    ids = [int(t) for t in np.random.default_rng(5).integers(0, models.V - models.SPECIAL, 40)]
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        models.write(name, model, tmp / "folder", make.fill)
        (tmp / "ids.json").write_text(json.dumps(ids))
        want, worst = models.logits(name, model, tmp / "folder", ids), 0
        for step in 0, 1, 7:
            args = {"model": str(tmp / "folder"), "ids": str(tmp / "ids.json"), "out": str(tmp / "out"), "step": str(step)}
            done = subprocess.run([a.format(**args) for a in shlex.split(command)], stderr=subprocess.PIPE, text=True)
            if done.returncode:
                print(f"     {title}: refused: {done.stderr.strip().rsplit(': ', 1)[-1]}")
                return done.returncode == 1  # 2 is a panic
            worst = max(worst, compare.nmse(compare.read(tmp / "out", models.V), want))
    fine = worst <= (1e-7 if any("act" in k for k in setting) else 1e-9)
    print(("     " if fine else "FAIL ") + f"{title}: NMSE {worst:.1e}")
    return fine


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--ours", required=True)
    a = p.parse_args()
    failed = sum(not check(name, setting, a.ours) for name, setting in VARIANTS)
    print(f"{len(VARIANTS) - failed} of {len(VARIANTS)} settings agree or are refused")
    sys.exit(bool(failed))


main()
