"""Asks TRL what engine/objective has to answer.

    python testdata/oracle/objective/make.py    # torch, transformers, trl, accelerate, datasets, peft

TRL's own loss methods run on fixed batches, with a stand-in for the trainer
around them: once on log-probabilities that are leaves, whose gradients are kept,
and once on the model of ../qwen3/folder, whose parameters' gradients are kept.
"""

import collections
import importlib.metadata
import json
import os
import pathlib
import types

os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402
from trl.trainer.dpo_trainer import DPOTrainer  # noqa: E402
from trl.trainer.grpo_trainer import GRPOTrainer  # noqa: E402
from trl.trainer.kto_trainer import KTOTrainer  # noqa: E402

VERSIONS = {"torch": "2.15.0", "transformers": "5.23.0", "trl": "1.16.0"}
HERE = pathlib.Path(__file__).parent
Space = types.SimpleNamespace
ACCELERATOR = Space(device="cpu", num_processes=1, gather=lambda x: x, gather_for_metrics=lambda x: x, reduce=lambda x, reduction: x)
PROMPT = [5, 3, 7, 5, 3, 7]  # tokens of the prompt of each sequence
ANSWER = [9, 4, 6, 2, 11, 5]  # and of its answer
TOKENS = 16  # most of an answer: Dr. GRPO's constant


def trainer(**more):
    return Space(accelerator=ACCELERATOR, aux_loss_enabled=False, _metrics=collections.defaultdict(lambda: collections.defaultdict(list)),
                 _total_train_tokens=0, _tp_size=1, precompute_ref_logps=True, model=Space(training=True), **more)


def batch(vocab):
    """Six sequences, padded on the right."""
    width = max(p + a for p, a in zip(PROMPT, ANSWER))
    ids = torch.randint(1, vocab, (6, width))
    at = torch.arange(width)[None, :]
    prompt, full = torch.tensor(PROMPT)[:, None], torch.tensor(PROMPT)[:, None] + torch.tensor(ANSWER)[:, None]
    return ids, (at < full).long(), ((at >= prompt) & (at < full)).long()


class Given:
    """A model whose log-probabilities are leaves."""

    training = True

    def __init__(self, each):
        self.each = each

    def __call__(self, labels, **_):
        return outputs((self.each * (labels[:, 1:] != -100)))


class Real:
    """The tiny model with TRL's fused head's outputs."""

    training = True

    def __init__(self, model):
        self.model = model

    def __call__(self, input_ids, attention_mask, labels, **_):
        z = self.model(input_ids=input_ids, attention_mask=attention_mask).logits[:, :-1]
        each = z.log_softmax(-1).gather(2, labels[:, 1:].clamp(min=0)[:, :, None])[:, :, 0]
        return outputs(each * (labels[:, 1:] != -100))


def outputs(each):
    none = torch.zeros_like(each)
    return Space(log_probs=each, entropy=none, mean_logits=none, is_top1=none.bool())


def dpo(model, data, ref, form, beta, smoothing=0.0):
    ids, mask, answer = data
    own = trainer(loss_types=[form], loss_weights=[1.0], ld_alpha=None, f_divergence_type="reverse_kl", beta=beta,
                  label_smoothing=smoothing, use_weighting=False)
    c, r = ref.chunk(2)
    return DPOTrainer._compute_loss(own, model, {"input_ids": ids, "attention_mask": mask, "completion_mask": answer,
                                                 "ref_chosen_logps": c, "ref_rejected_logps": r}, False)


def kto(model, data, ref, labels, kl, beta, good, bad):
    ids, mask, answer = data
    own = trainer(loss_type="kto", beta=beta, desirable_weight=good, undesirable_weight=bad, calculate_KL=True,
                  _compute_kl_logps=lambda *_: kl[0])
    return KTOTrainer._compute_loss(own, model, {"input_ids": ids, "attention_mask": mask, "completion_mask": answer, "label": labels,
                                                 "ref_logps": ref, "ref_KL_logps": kl[1]}, False)


def grpo(model, each, mask, advantages, old, ref, c):
    own = trainer(top_entropy_quantile=1.0, off_policy_mask_threshold=None, importance_sampling_level="sequence" if c["sequence"] else "token",
                  beta=c["beta"], loss_type=c["norm"], epsilon_low=c["low"], epsilon_high=c["high"], use_vllm=False,
                  current_gradient_accumulation_steps=1, max_completion_length=TOKENS, _entropy_bonus_enabled=False,
                  args=Space(delta=None, use_bias_correction_kl=False, steps_per_generation=1),
                  _get_per_token_logps_and_entropies=lambda *a, **k: (each, torch.zeros_like(each), None))
    none = torch.zeros(6, 0, dtype=torch.long)
    return GRPOTrainer._compute_loss(own, model, {"prompt_ids": none, "prompt_mask": none, "completion_ids": mask, "completion_mask": mask,
                                                  "advantages": advantages, "old_per_token_logps": old, "ref_per_token_logps": ref,
                                                  "num_items_in_batch": mask.sum()})


def ragged(x, mask):
    return [[v for v, m in zip(row, keep) if m] for row, keep in zip(x.tolist(), mask.tolist())]


def main():
    for name, want in VERSIONS.items():
        have = importlib.metadata.version(name)
        if have.split("+")[0] != want:
            raise SystemExit(f"{name} is {have}; this script is for {want}")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(20261126)
    net = AutoModelForCausalLM.from_pretrained(HERE.parent / "qwen3" / "folder", dtype=torch.float32, attn_implementation="eager").train()
    data = batch(net.config.vocab_size)
    ids, mask, answer = data
    shifted = answer[:, 1:]
    labels = ids.masked_fill(answer == 0, -100)
    real = Real(net)
    with torch.no_grad():
        now = real(ids, mask, labels).log_probs.double()
    token_ref = (now + 0.3 * torch.randn(now.shape, dtype=torch.float64)) * shifted
    token_old = (now + 0.3 * torch.randn(now.shape, dtype=torch.float64)) * shifted
    near_old = (now + 1e-3 * torch.randn(now.shape, dtype=torch.float64)) * shifted  # sequences' ratios clip at 4e-4
    ref = token_ref.sum(1)
    good = torch.tensor([True, False, True, True, False, False])
    kl = (now.sum(1).roll(1) + 0.8, token_ref.sum(1).roll(1))
    advantages = torch.tensor([1.5, -0.75, 0.25, -1.25, 0.5, -0.25], dtype=torch.float64)

    def leaf(loss):
        each = now.clone().requires_grad_()
        value = loss(each)
        value.backward()
        return {"loss": value.item(), "grad": ragged(each.grad, shifted)}

    cases = []
    for form, beta, smoothing in [("sigmoid", 0.1, 0), ("sigmoid", 0.7, 0), ("sigmoid_norm", 5.0, 0), ("ipo", 0.1, 0)]:
        cases.append({"kind": "dpo", "form": form, "beta": beta, "smoothing": smoothing,
                      **leaf(lambda e: dpo(Given(e), data, ref, form, beta))})
    # TRL has label smoothing only in a loss that sorts its pairs: of one pair there is nothing to sort.
    pairs = []
    for i in range(3):
        one = [x[[i, i + 3]] for x in data]
        each = now[[i, i + 3]].clone().requires_grad_()
        own = trainer(loss_types=["aot"], loss_weights=[1.0], ld_alpha=None, f_divergence_type="reverse_kl", beta=0.3, label_smoothing=0.15, use_weighting=False)
        value = DPOTrainer._compute_loss(own, Given(each), {"input_ids": one[0], "attention_mask": one[1], "completion_mask": one[2],
                                                            "ref_chosen_logps": ref[i:i + 1], "ref_rejected_logps": ref[i + 3:i + 4]}, False)
        value.backward()
        pairs.append((value.item(), ragged(each.grad / 3, one[2][:, 1:])))
    cases.append({"kind": "dpo", "form": "sigmoid", "beta": 0.3, "smoothing": 0.15, "loss": sum(p[0] for p in pairs) / 3,
                  "grad": [p[1][0] for p in pairs] + [p[1][1] for p in pairs]})
    for beta, weights, far in [(0.1, (1.0, 1.0), 1), (0.5, (1.0, 1.33), 1), (0.5, (1.0, 1.33), -1)]:
        pair = kl if far > 0 else (kl[1] - 5, kl[0])  # far below: z is 0
        cases.append({"kind": "kto", "beta": beta, "good": weights[0], "bad": weights[1], "kl": [p.tolist() for p in pair],
                      **leaf(lambda e: kto(Given(e), data, ref, good, pair, beta, *weights))})
    variants = [
        {"norm": "grpo", "sequence": False, "low": 0.2, "high": 0.2, "beta": 0.04},
        {"norm": "dapo", "sequence": False, "low": 0.2, "high": 0.28, "beta": 0.0},
        {"norm": "dr_grpo", "sequence": False, "low": 0.2, "high": 0.2, "beta": 0.0},
        {"norm": "grpo", "sequence": True, "low": 3e-4, "high": 4e-4, "beta": 0.1},
        {"norm": "dapo", "sequence": True, "low": 3e-4, "high": 4e-4, "beta": 0.0},
    ]
    for c in variants:
        old = near_old if c["sequence"] else token_old
        cases.append({"kind": "policy", **c, **leaf(lambda e: grpo(Given(e), e, shifted, advantages, old, token_ref, c))})

    tensors, models = {}, {}

    def model_case(name, loss):
        net.zero_grad()
        value = loss()
        value.backward()
        models[name] = value.item()
        tensors.update({f"{name}.{k}": p.grad.clone() for k, p in net.named_parameters()})

    model_case("dpo", lambda: dpo(real, data, ref.float(), "sigmoid", 0.1))
    model_case("kto", lambda: kto(real, data, ref.float(), good, tuple(k.float() for k in kl), 0.1, 1.0, 1.0))
    c = variants[0]
    model_case("policy", lambda: grpo(real, real(ids, mask, labels).log_probs, shifted, advantages.float(), token_old.float(), token_ref.float(), c))

    save_file(tensors, HERE / "answers.safetensors")
    (HERE / "answers.json").write_text(json.dumps({
        "versions": VERSIONS, "ids": ragged(ids, mask), "prompt": PROMPT, "tokens": TOKENS, "now": ragged(now, shifted), "ref": ragged(token_ref, shifted),
        "old": ragged(token_old, shifted), "near": ragged(near_old, shifted), "good": good.tolist(), "kl": [k.tolist() for k in kl],
        "advantages": advantages.tolist(), "cases": cases, "models": models,
    }) + "\n")
    for c in cases:
        print(c["kind"], c["loss"])
    print(models)


main()
