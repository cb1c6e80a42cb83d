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
def openai_input_tokens():
    r = o.responses.create(model=model, input="Say hello.", instructions="Be brief.", max_output_tokens=2)
    c = o.responses.input_tokens.count(model=model, input="Say hello.", instructions="Be brief.")
    assert c.object == "response.input_tokens" and c.input_tokens == r.usage.input_tokens


@check
def openai_truncation():
    turns = [m for i in range(1500) for m in ({"role": "user", "content": f"What is {i}?"}, {"role": "assistant", "content": f"It is {i}."})]
    try:
        o.responses.create(model=model, input=turns + messages, max_output_tokens=2)
    except openai.BadRequestError as e:
        assert e.code == "context_length_exceeded"
    else:
        raise AssertionError("it fits: the turns are too few")
    r = o.responses.create(model=model, input=turns + messages, max_output_tokens=2, truncation="auto")
    assert r.truncation == "auto" and r.usage.input_tokens > 0


@check
def openai_allowed_tools():
    names = ["light", "douse"]
    schema = {"type": "object", "properties": {"where": {"enum": ["here"]}}, "required": ["where"], "additionalProperties": False}
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "douse"}}]}
    c = o.chat.completions.create(model=model, messages=messages, max_tokens=200, parallel_tool_calls=False, extra_body={"think": False},
        tools=[{"type": "function", "function": {"name": n, "parameters": schema}} for n in names], tool_choice={"type": "allowed_tools", "allowed_tools": allowed})
    assert [t.function.name for t in c.choices[0].message.tool_calls] == ["douse"]
    r = o.responses.create(model=model, input="Say hello.", max_output_tokens=200, parallel_tool_calls=False, extra_body={"think": False},
        tools=[{"type": "function", "name": n, "parameters": schema, "strict": False} for n in names],
        tool_choice={"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "douse"}]})
    assert [i.name for i in r.output if i.type == "function_call"] == ["douse"]


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


@check
def anthropic_document():
    block = {"type": "document", "title": "Hours", "source": {"type": "text", "media_type": "text/plain", "data": "The kitchen closes at six."}}
    asked = [{"role": "user", "content": [block, {"type": "text", "text": "When?"}]}]
    m = a.messages.create(model=model, max_tokens=2, messages=asked)
    n = a.messages.count_tokens(model=model, messages=asked).input_tokens
    assert m.usage.input_tokens + m.usage.cache_read_input_tokens == n
    assert n > a.messages.count_tokens(model=model, messages=[{"role": "user", "content": "When?"}]).input_tokens + 10
    try:
        a.messages.create(model=model, max_tokens=2, messages=[{"role": "user", "content": [{"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}]}])
    except anthropic.BadRequestError as e:
        assert "text" in e.message
    else:
        raise AssertionError("not refused")


sys.exit(1 if failed else 0)
