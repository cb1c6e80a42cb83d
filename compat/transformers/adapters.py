"""Adapters as PEFT has them: one that Suiren trained, or one that Suiren merges.

    adapters.py make BASE FOLDER             writes an adapter of random numbers over BASE, with ranks and scales of their own for some matrices
    adapters.py check BASE ADAPTER MERGED    compares PEFT's logits with those of what Suiren merged
"""

import os
import sys
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"

import peft  # noqa: E402
import torch  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402
from transformers.utils import logging  # noqa: E402

logging.disable_progress_bar()
warnings.filterwarnings("error", message="Unexpected keyword arguments")  # PEFT knows every word of our configuration
BOUND = 1e-9  # of the logits' mean square: a merged adapter is rounded once more


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def make(base, folder):
    torch.manual_seed(5)
    plain = load(base)
    conv1d = plain.config.model_type == "gpt2"
    # Of a mixture peft has other names for adapters of experts, where they are one tensor.
    targets = {"gpt2": ["c_attn", "c_proj"], "phi3": ["qkv_proj", "down_proj"], "qwen3_moe": ["q_proj", "o_proj"],
               "qwen3_5_text": ["q_proj", "in_proj_qkv", "in_proj_a", "out_proj", "down_proj"],
               "qwen3_5_moe_text": ["q_proj", "in_proj_qkv", "gate_proj", "down_proj", "shared_expert_gate"]}.get(plain.config.model_type, ["q_proj", "down_proj"])
    model = peft.get_peft_model(plain, peft.LoraConfig(r=3, lora_alpha=5, use_rslora=True, rank_pattern={targets[0]: 2, r"1\.mlp\..*": 4}, alpha_pattern={targets[-1]: 7},
                                                            lora_dropout=0.1, target_modules=targets, fan_in_fan_out=conv1d, task_type="CAUSAL_LM"))
    for name, p in model.named_parameters():
        if "lora_B" in name:  # zero until it is trained
            torch.nn.init.normal_(p, std=0.05)
    model.save_pretrained(folder)


def check(base, adapter, merged):
    plain = load(base)
    ids = torch.arange(120).remainder(plain.config.vocab_size).view(2, 60)
    with torch.no_grad():
        before = plain(input_ids=ids).logits
        want = peft.PeftModel.from_pretrained(plain, adapter).eval()(input_ids=ids).logits
        got = load(merged)(input_ids=ids).logits
    off = ((got - want).square().mean() / want.square().mean()).item()
    moved = ((before - want).square().mean() / want.square().mean()).item()
    print(f"{adapter}: the adapter moves logits by {moved:.2g} of their mean square, merged they are off by {off:.2g}")
    sys.exit(not (off <= BOUND < moved))


{"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
