"""Loads a folder that Suiren wrote and compares ids and logits.

    check.py FOLDER OURS THEIRS

OURS is what `go run ./testdata/oracle/qwen3 answer FOLDER OURS` wrote. THEIRS
gets the folder as transformers saves it again.
"""

import json
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402
from transformers.utils import logging  # noqa: E402

logging.disable_progress_bar()


def main():
    folder, ours, theirs = map(pathlib.Path, sys.argv[1:])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    wrong = [f"loading: {k}: {v}" for k, v in info.items() if v]
    model.eval()
    talks = json.loads((ours / "talks.json").read_text(encoding="utf-8"))
    logits = load_file(ours / "model.safetensors")

    worst, tokens = 0.0, 0
    for i, talk in enumerate(talks):
        if "messages" in talk:
            chat = [{"role": m["Role"], "content": m["Content"]} for m in talk["messages"]]
            ways = [{"enable_thinking": talk["think"]}] + ([{}] if talk["think"] else [])  # it is the default
            rendered = [tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False, **w) for w in ways]
        else:
            rendered = [tokenizer(talk["text"])["input_ids"]]
        for ids in rendered:
            if ids != talk["ids"]:
                wrong.append(f"talk {i}: ids {ids}, Suiren's {talk['ids']}")
        with torch.no_grad():
            want = model(input_ids=torch.tensor([talk["ids"]])).logits[0]
        got = logits[str(i)]
        relative = ((got - want).abs().amax(-1) / want.abs().amax(-1)).max().item()
        worst, tokens = max(worst, relative), tokens + len(want)
        if not relative <= 1e-4:
            wrong.append(f"talk {i}: logits are off by {relative:.2g} of the largest")
        if not torch.equal(got.argmax(-1), want.argmax(-1)):
            wrong.append(f"talk {i}: another token is the likeliest")
    model.save_pretrained(theirs)
    tokenizer.save_pretrained(theirs)
    for line in wrong:
        print(line)
    print(f"{folder.name}: {len(talks)} talks, {tokens} tokens, logits at worst off by {worst:.2g} of the largest")
    sys.exit(bool(wrong))


main()
