"""The scores of lm-evaluation-harness through a server and of transformers on the same folder must be equal.

    suiren serve FOLDER --listen 127.0.0.1:7799 &
    python lmeval.py http://127.0.0.1:7799 FOLDER      # needs lm-eval[api]==0.4.13, torch, transformers

Two tasks are made of the repository's README: which of four lines comes next (loglikelihood), and a greedy
continuation. Compared are every log-likelihood, every greedy flag, every continuation and the scores.
"""

import json
import os
import pathlib
import sys
import tempfile

os.environ.update(HF_HUB_OFFLINE="1", HF_HOME=tempfile.mkdtemp())

import lm_eval  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

base, folder = sys.argv[1], os.path.abspath(sys.argv[2])
work = pathlib.Path(tempfile.mkdtemp())
lines = [x for x in (pathlib.Path(__file__).parents[2] / "README.md").read_text().splitlines() if len(x) > 40]
with open(work / "data.jsonl", "w") as f:
    for i in range(min(40, len(lines) - 5)):
        f.write(json.dumps({"q": lines[i][:120], "choices": [" " + x[:40] for x in lines[i + 1:i + 5]], "gold": 0}) + "\n")
HEAD = f"dataset_path: json\ndataset_kwargs:\n  data_files: {{test: {work}/data.jsonl}}\ntest_split: test\ndoc_to_text: '{{{{q}}}}'\n"
(work / "mc.yaml").write_text("task: mc\noutput_type: multiple_choice\n" + HEAD +
                              "doc_to_choice: '{{choices}}'\ndoc_to_target: gold\nmetric_list:\n  - metric: acc\n  - metric: acc_norm\n")
(work / "gen.yaml").write_text("task: gen\noutput_type: generate_until\n" + HEAD + "doc_to_target: '{{choices[gold]}}'\n"
                               "generation_kwargs: {until: [\"\\n\\n\"], max_gen_toks: 12, do_sample: false, temperature: 0}\n"
                               "metric_list:\n  - metric: exact_match\n")


def run(kind, **args):
    return lm_eval.simple_evaluate(kind, model_args=args, tasks=["mc", "gen"], task_manager=TaskManager(include_path=str(work), include_defaults=False),
                                   batch_size=4, log_samples=True, bootstrap_iters=0)


ours = run("local-completions", model=os.path.basename(folder), base_url=base + "/v1/completions", tokenizer_backend="huggingface",
           tokenizer=folder, num_concurrent=4, max_length=1024)
theirs = run("hf", pretrained=folder, dtype="float32", device="cpu", max_length=1024)
pairs = [(a, b) for x, y in zip(ours["samples"]["mc"], theirs["samples"]["mc"]) for (a,), (b,) in zip(x["resps"], y["resps"])]
worst = max(abs(float(a[0]) - float(b[0])) / max(1, abs(float(b[0]))) for a, b in pairs)
flags = sum(str(a[1]) != str(b[1]) for a, b in pairs)
other = sum(x["resps"] != y["resps"] for x, y in zip(ours["samples"]["gen"], theirs["samples"]["gen"]))
for x, y in zip(ours["samples"]["gen"], theirs["samples"]["gen"]):
    if x["resps"] != y["resps"]:
        print(f"ours {x['resps']}, theirs {y['resps']}, after {x['arguments']}")
scores = [{k: v for k, v in r["results"]["mc"].items() if k.startswith("acc")} for r in (ours, theirs)]
print(f"{len(pairs)} log-likelihoods: largest relative difference {worst:.2g}, {flags} greedy flags differ; "
      f"{other} of {len(ours['samples']['gen'])} continuations differ; scores {scores[0]}, {scores[1]}")
sys.exit(worst > 1e-4 or flags > 0 or other > 0 or scores[0] != scores[1])
