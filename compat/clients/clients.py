"""Real Python clients against a server that runs: python clients.py URL MODEL. Needs openai and anthropic."""

import os
import sys

import anthropic
import openai

base, model = sys.argv[1], sys.argv[2]
key = os.environ.get("KEY", "none")
messages = [{"role": "user", "content": "Say hello."}]
failed = 0


def check(f):
    global failed
    name = f.__name__.replace("_", " ")
    try:
        f()
        print("ok   ", name)
    except Exception as e:  # every failure is told
        failed += 1
        print("FAIL ", name, repr(e))


o = openai.OpenAI(base_url=base + "/v1", api_key=key, max_retries=0)
a = anthropic.Anthropic(base_url=base, api_key=key, max_retries=0)


@check
def openai_chat():
    c = o.chat.completions.create(model=model, messages=messages, max_tokens=8, extra_body={"top_k": 5, "min_p": 0.01})
    assert c.usage.completion_tokens <= 8 and c.choices[0].finish_reason in ("stop", "length")


@check
def openai_chat_stream():
    pieces = list(o.chat.completions.create(model=model, messages=messages, max_tokens=8, stream=True, stream_options={"include_usage": True}))
    assert pieces[-1].usage.total_tokens > 0 and pieces[-1].choices == []


@check
def openai_completions_of_tokens():
    c = o.completions.create(model=model, prompt=[[5, 6, 7], [8, 9]], max_tokens=1, echo=True, logprobs=1, temperature=0)
    assert [len(x.logprobs.tokens) for x in c.choices] == [4, 3]
    assert all(x.logprobs.token_logprobs[0] is None and x.logprobs.top_logprobs[0] is None for x in c.choices)


@check
def openai_receipt():
    c = o.chat.completions.create(model=model, messages=messages, max_tokens=4, seed=3, extra_body={"receipt": True})
    r = c.model_extra["suiren"]["receipts"][0]
    assert r["version"] == "suiren.receipt/1" and r["seed"] == 3 and len(r["prompt"]["ids"]) == r["prompt"]["tokens"]


@check
def openai_responses():
    with o.responses.stream(model=model, input="Say hello.", max_output_tokens=8) as s:
        last = [e for e in s][-1]
    assert last.type in ("response.completed", "response.incomplete") and last.response.usage.output_tokens <= 8


@check
def openai_embeddings_refused_by_a_chat_model():
    try:
        o.embeddings.create(model=model, input="x")
    except openai.BadRequestError as e:
        assert e.code == "unsupported_model"
    else:
        raise AssertionError("not refused")


@check
def anthropic_stream():
    with a.messages.stream(model=model, max_tokens=8, messages=messages) as s:
        "".join(s.text_stream)
        m = s.get_final_message()
    assert m.stop_reason in ("end_turn", "max_tokens") and m.usage.output_tokens <= 8


@check
def anthropic_count():
    assert a.messages.count_tokens(model=model, messages=messages).input_tokens > 0


sys.exit(1 if failed else 0)
