"""spark2_5 in PyTorch, after its published config and block: transformers has no class for it."""

import json

import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import embedding, gelu, linear, rms_norm


def shapes(c):
    d, f, h = c["hidden_size"], c["intermediate_size"], c["num_attention_heads"]
    hd, kv = c["head_dim"], c["num_key_value_heads"]
    yield "model.embedding.weight", (c["vocab_size"], d)
    yield "model.norm.weight", (d,)
    for i in range(c["num_hidden_layers"]):
        p = f"model.layers.{i}."
        yield p + "input_layernorm.weight", (d,)
        yield p + "post_attention_layernorm.weight", (d,)
        yield p + "self_attn.q_k_v_proj.weight", ((h + 2 * kv) * hd, d)  # rows: every q head, every k head, every v head
        yield p + "self_attn.g_proj.weight", (h, d)
        yield p + "self_attn.out_proj.weight", (d, h * hd)
        yield p + "mlp.gate_proj.weight", (f, d)
        yield p + "mlp.up_proj.weight", (f, d)
        yield p + "mlp.down_proj.weight", (d, f)


def write(name, config, folder, fill):
    weights = {k: torch.nn.Parameter(torch.empty(s)) for k, s in shapes(config)}
    fill(name, weights)
    folder.mkdir()
    save_file({k: p.data.to(torch.bfloat16) for k, p in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    config = {"architectures": ["Spark2_5ForCausalLM"], "model_type": "spark2_5", "hidden_act": "gelu", "dtype": "bfloat16",
              "headwise_attn_output_gate": True, "gate_attn_act_mode": "sigmoid", "rms_norm_eps": 1e-6, **config}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def rotate(x, rope):
    """x (H, T, D): the first part of each head, its halves as pairs."""
    n = int(x.shape[-1] * rope["partial_rotary_factor"])
    freq = rope["rope_theta"] ** (-torch.arange(0, n, 2) / n)
    angle = torch.arange(x.shape[1])[:, None] * freq
    a, b = x[..., :n // 2], x[..., n // 2:n]
    return torch.cat([a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin(), x[..., n:]], -1)


def load(folder):
    """Config and weights, in float32."""
    return json.loads((folder / "config.json").read_text()), {k: t.float() for k, t in load_file(folder / "model.safetensors").items()}


@torch.no_grad()
def logits(folder, ids):
    return forward(*load(folder), ids).numpy()


def forward(c, w, ids):
    """(T, V)"""
    h, kv, hd, eps = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"], c["rms_norm_eps"]
    at = torch.arange(len(ids))
    x = embedding(torch.tensor(ids), w["model.embedding.weight"])
    for i, kind in enumerate(c["layer_types"]):
        p = f"model.layers.{i}."
        y = rms_norm(x, x.shape[-1:], w[p + "input_layernorm.weight"], eps)
        qkv = linear(y, w[p + "self_attn.q_k_v_proj.weight"]).unflatten(-1, (-1, hd)).transpose(0, 1)
        q, k, v = qkv.split([h, kv, kv])
        q, k = (rotate(z, c["rope_parameters"][kind]) for z in (q, k))
        k, v = (z.repeat_interleave(h // kv, 0) for z in (k, v))
        see = at[None] <= at[:, None]
        if kind == "sliding_attention":
            see &= at[None] > at[:, None] - c["sliding_window"]
        score = (q @ k.transpose(1, 2) * hd**-0.5).masked_fill(~see, -torch.inf)
        out = score.softmax(-1) @ v  # (H, T, D)
        gate = linear(y, w[p + "self_attn.g_proj.weight"]).sigmoid()  # (T, H)
        out = (out * gate.T[..., None]).transpose(0, 1).flatten(1)
        x = x + linear(out, w[p + "self_attn.out_proj.weight"])
        y = rms_norm(x, x.shape[-1:], w[p + "post_attention_layernorm.weight"], eps)
        y = gelu(linear(y, w[p + "mlp.gate_proj.weight"])) * linear(y, w[p + "mlp.up_proj.weight"])
        x = x + linear(y, w[p + "mlp.down_proj.weight"])
    x = rms_norm(x, x.shape[-1:], w["model.norm.weight"], eps)
    return linear(x, w["model.embedding.weight"])
