"""Asks transformers how settings of rope_scaling turn queries and keys.

    $(compat/venv.sh) testdata/oracle/rope/make.py    # from the repository's root

answers.json has for each: a config.json, the frequencies that the rotary embedding of its model has before the first
token (float32), and what it multiplies cosines and sines by.
"""

import importlib.metadata
import json
import pathlib

import transformers
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

HERE = pathlib.Path(__file__).parent
VERSIONS = {"transformers": "5.23.0"}

SIZES = {"vocab_size": 64, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1, "num_attention_heads": 2,
         "num_key_value_heads": 1, "rms_norm_eps": 1e-6}
# What files in the wild have, then what the rules allow.
CASES = {
    "Qwen2.5 long": ("qwen2", {"head_dim": 128, "max_position_embeddings": 32768, "rope_theta": 1000000.0,
                               "rope_scaling": {"factor": 4.0, "original_max_position_embeddings": 32768, "type": "yarn"}}),
    "Qwen3 long": ("qwen3", {"head_dim": 128, "max_position_embeddings": 131072, "rope_theta": 1000000,
                             "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}}),
    "DeepSeek-R1-Distill-Qwen": ("qwen2", {"head_dim": 128, "max_position_embeddings": 131072, "rope_theta": 10000,
                                           "use_sliding_window": False, "sliding_window": 4096, "max_window_layers": 21}),
    "DeepSeek-R1-Distill-Llama": ("llama", {"head_dim": 128, "max_position_embeddings": 131072, "rope_theta": 500000.0,
                                            "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                                             "original_max_position_embeddings": 8192, "rope_type": "llama3"}}),
    "linear": ("llama", {"head_dim": 64, "max_position_embeddings": 4096, "rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 3.0}}),
    "dynamic": ("llama", {"head_dim": 64, "max_position_embeddings": 4096, "rope_theta": 10000.0, "rope_scaling": {"type": "dynamic", "factor": 4.0}}),
    "bounds": ("llama", {"head_dim": 64, "max_position_embeddings": 8192, "rope_theta": 10000.0,
                         "rope_scaling": {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 4096, "beta_fast": 16, "beta_slow": 2}}),
    "attention": ("qwen3", {"head_dim": 24, "max_position_embeddings": 512, "rope_parameters": {
        "rope_type": "yarn", "rope_theta": 5000.0, "factor": 8.0, "original_max_position_embeddings": 64, "attention_factor": 0.875}}),
    "mscale": ("llama", {"head_dim": 64, "max_position_embeddings": 163840, "rope_theta": 10000.0, "rope_scaling": {
        "type": "yarn", "factor": 40.0, "original_max_position_embeddings": 4096, "mscale": 1.0, "mscale_all_dim": 0.7, "beta_fast": 32, "beta_slow": 1}}),
    "no original": ("qwen2", {"head_dim": 32, "max_position_embeddings": 1024, "rope_theta": 10000.0, "rope_scaling": {"rope_type": "yarn", "factor": 2.0}}),
    "no factor": ("qwen2", {"head_dim": 32, "max_position_embeddings": 1024, "rope_theta": 10000.0,
                            "rope_scaling": {"rope_type": "yarn", "factor": None, "original_max_position_embeddings": 256}}),
    "every wave": ("llama", {"head_dim": 16, "max_position_embeddings": 64, "rope_theta": 10000.0,
                             "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 6}}),
}


def main():
    for name, want in VERSIONS.items():
        have = importlib.metadata.version(name)
        if have.split("+")[0] != want:
            raise SystemExit(f"{name} is {have}; this script is for {want}")
    out = []
    for name, (kind, setting) in CASES.items():
        config = {"model_type": kind, **SIZES, **setting}
        c = transformers.AutoConfig.for_model(**json.loads(json.dumps(config)))
        rope = c.rope_parameters
        if rope["rope_type"] == "default":
            freq, gain = [1 / rope["rope_theta"] ** (2 * i / c.head_dim) for i in range(c.head_dim // 2)], 1.0
        else:
            freq, gain = ROPE_INIT_FUNCTIONS[rope["rope_type"]](c, "cpu")
            freq = freq.tolist()
        out.append({"name": name, "config": config, "frequencies": freq, "gain": gain})
    cases = ",\n".join(json.dumps(x) for x in out)
    (HERE / "answers.json").write_text(f'{{"versions": {json.dumps(VERSIONS)}, "cases": [\n{cases}\n]}}\n')


if __name__ == "__main__":
    main()
