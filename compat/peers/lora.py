"""LoRA over a Qwen3 of random weights in transformers and PEFT, as their users would train it: the peer of

    suiren bench train --base FILE --peer "$(compat/venv.sh) compat/peers/lora.py"

It reads a line

    lora LAYERS WIDTH HEADS KV HEAD HIDDEN VOCAB ROWS

and answers with a line of JSON, {"rate": tokens a second, "memory": peak bytes}, of a step of AdamW on rows of 512
tokens, adapters of rank 16 over every matrix of the blocks, in float32 or bfloat16, whichever is faster on this machine:
that is measured with few tokens first, because a processor without instructions for bfloat16 takes minutes for a step,
and where that is no more than three times apart, with whole steps.
"""

import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402

LENGTH = 512


def model(shape, dtype):
    layers, width, heads, kv, head, hidden, vocab = shape
    torch.manual_seed(1)
    config = transformers.Qwen3Config(
        num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads, num_key_value_heads=kv, head_dim=head,
        intermediate_size=hidden, vocab_size=vocab, tie_word_embeddings=True, use_cache=False, attn_implementation="sdpa")
    with torch.device("meta"):
        m = transformers.Qwen3ForCausalLM(config)
    m = m.to_empty(device="cpu").to(dtype)
    m.tie_weights()
    for p in m.parameters():
        torch.nn.init.normal_(p, std=0.02) if p.ndim > 1 else torch.nn.init.ones_(p)
    m.model.rotary_emb = type(m.model.rotary_emb)(config)
    linear = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    return peft.get_peft_model(m, peft.LoraConfig(r=16, lora_alpha=32, target_modules=linear, task_type="CAUSAL_LM")).train()


def step(m, rows, length, vocab):
    optimizer = torch.optim.AdamW([p for p in m.parameters() if p.requires_grad], lr=1e-4, fused=True)
    ids = torch.randint(0, vocab, (rows, length))

    def work():
        loss = m(input_ids=ids, labels=ids).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return work


def seconds(work, clock=time.perf_counter):
    start = clock()
    work()
    return clock() - start


def make(shape, rows):
    """The faster type: of those near the fastest in a probe of one row of 64 tokens, one layer and few words."""
    took = {}
    for dtype in (torch.float32, torch.bfloat16):
        work = step(model([1, *shape[1:-1], 2048], dtype), 1, 64, 2048)
        work()
        took[dtype] = min(seconds(work, time.process_time) for _ in range(3))  # other work does not count
        print(f"probe {dtype}: {took[dtype]:.3f} s", file=sys.stderr)
    near = [dtype for dtype in took if took[dtype] < 3 * min(took.values())]
    if len(near) > 1:
        for dtype in near:
            work = step(model(shape, dtype), rows, LENGTH, shape[-1])
            work()
            took[dtype] = seconds(work, time.process_time)
            print(f"step {dtype}: {took[dtype]:.3f} s", file=sys.stderr)
    work = None
    return step(model(shape, min(near, key=took.get)), rows, LENGTH, shape[-1])


def peak(forget=False):
    if forget:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith("VmHWM"))


def main():
    torch.set_num_threads(2)
    last = work = None
    for line in sys.stdin:
        words = line.split()
        if len(words) != 9 or words[0] != "lora":
            print(json.dumps({"error": f"no test {line.strip()!r}"}), flush=True)
            continue
        *shape, rows = map(int, words[1:])
        if line != last:
            work = None
            last, work = line, make(shape, rows)
            peak(forget=True)
            work()
        print(json.dumps({"rate": rows * LENGTH / seconds(work), "memory": peak()}), flush=True)


if __name__ == "__main__":
    main()
