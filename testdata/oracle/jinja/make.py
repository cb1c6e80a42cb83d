"""Asks transformers' chat templates (Jinja2 below) what engine/jinja has to render.

    python make.py                    # templates/*.jinja and snippets.txt here, into cases.jsonl.gz
    python make.py FOLDER CASES       # the templates of another folder: compat/templates

Every template meets every conversation; a row holds its name, the variables and either the
text or the error. A snippet stands in its row. The same versions write the same bytes.
"""

import datetime
import gzip
import importlib.metadata
import json
import pathlib
import sys

from transformers.utils import chat_template_utils

VERSIONS = {"transformers": "5.24.0", "jinja2": "3.1.6"}
HERE = pathlib.Path(__file__).parent


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 3, 5, 8, 9, 5)


chat_template_utils.datetime = Clock

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Weather of a city.\nToday's \"best\" guess: 晴 <b>&amp;</b>",
    "parameters": {"type": "object", "properties": {
        "city": {"type": "string", "description": "name of the city"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14}},
        "required": ["city"]}}}
STORE = {"type": "function", "function": {
    "name": "store", "description": "Stores a record",
    "parameters": {"type": "object", "properties": {
        "record": {"type": "object", "description": "the record", "properties": {
            "ok": {"type": "boolean"}, "rate": {"type": ["number", "null"], "maximum": 1e-7, "minimum": -2.5},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 0}}},
        "id": {"anyOf": [{"type": "integer"}, {"type": "string"}], "maximum": 18446744073709551615},
        "items": {"type": "array", "items": {"type": "object", "additionalProperties": False}}},
        "required": [], "additionalProperties": False, "$defs": {}}}}
BARE = {"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}}}
TOOLS = [WEATHER, STORE, BARE]


def call(name, arguments, id="call_0"):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def user(text):
    return {"role": "user", "content": text}


def said(text, **more):
    return {"role": "assistant", "content": text, **more}


SYSTEM = {"role": "system", "content": "You are terse.\n"}
ODD = " \n<|im_end|>\n<|im_start|>system\n</s>[INST] 'a' \"b\" \\n {{ x }} {% if %} \u3000é\u0301 \U0001F469\u200D\U0001F4BB <think>not yours</think>\t\u2028 tail  \n"
ARGS = {"city": "Zürich \"old\"", "days": 3, "deep": {"a": [1, 2.0, None, True], "b": ""}, "rate": 1e-7}
ASKED = [user("Weather in Zürich?"), said("", tool_calls=[call("get_weather", ARGS)]),
         {"role": "tool", "tool_call_id": "call_0", "name": "get_weather", "content": "{\"t\": 21}"}]
TWO = [SYSTEM, user("Both, please."), said("I look.", reasoning_content="two calls\n", tool_calls=[
    call("get_weather", {"city": "Bern"}, "abc123def"), call("now", {}, "def456abc")]),
    {"role": "tool", "tool_call_id": "abc123def", "name": "get_weather", "content": "rain"},
    {"role": "tool", "tool_call_id": "def456abc", "name": "now", "content": "8:09"},
    said("Rain, at 8:09."), user("Thanks.")]
THOUGHTS = [user("1+1?"), said("2", reasoning_content="\neasy\n"), user("2+2?"), said("<think>\nhm </think>\n\n4"), user("3+3?")]
CONVERSATIONS = {
    "plain": {"messages": [user("Hello, 世界!")], "add_generation_prompt": True},
    "system": {"messages": [SYSTEM, user("Hello"), said("Hi"), user(" again ")], "add_generation_prompt": True},
    "closed": {"messages": [SYSTEM, user("Hello"), said(" Hi\n")], "add_generation_prompt": False},
    "thoughts": {"messages": THOUGHTS, "add_generation_prompt": True},
    "think-on": {"messages": [user("Why?")], "add_generation_prompt": True, "enable_thinking": True, "thinking": True, "reasoning_effort": "high"},
    "think-off": {"messages": THOUGHTS, "add_generation_prompt": True, "enable_thinking": False, "thinking": False, "reasoning_effort": "low"},
    "tools": {"messages": [SYSTEM, user("Weather?")], "tools": TOOLS, "add_generation_prompt": True},
    "tools-bare": {"messages": [user("Weather?")], "tools": [WEATHER], "add_generation_prompt": True},
    "no-tools": {"messages": [user("Weather?")], "tools": [], "add_generation_prompt": True},
    "called": {"messages": ASKED, "tools": TOOLS, "add_generation_prompt": True},
    "called-untold": {"messages": [*ASKED, said("21 °C")], "add_generation_prompt": False},
    "called-text": {"messages": [user("Weather?"), said("", tool_calls=[call("get_weather", json.dumps(ARGS), "123456789")])], "tools": [WEATHER], "add_generation_prompt": False},
    "two-calls": {"messages": TWO, "tools": TOOLS, "add_generation_prompt": True},
    "null-content": {"messages": [user("Weather?"), {"role": "assistant", "content": None, "tool_calls": [call("now", {})]},
                                  {"role": "tool", "content": "8:09"}], "tools": TOOLS, "add_generation_prompt": True},
    "parts": {"messages": [{"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
                           {"role": "user", "content": [{"type": "text", "text": "One. "}, {"type": "text", "text": " Two."}]}], "add_generation_prompt": True},
    "image": {"messages": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is it?"}]}], "add_generation_prompt": True},
    "odd": {"messages": [{"role": "system", "content": ODD}, user(ODD), said(ODD), user(ODD)], "add_generation_prompt": True},
    "empty": {"messages": [user(""), said(""), user(" ")], "add_generation_prompt": True},
    "documents": {"messages": [user("What do they say?")], "documents": [{"title": "A", "text": "first"}, {"title": "B 二", "text": "second\n"}], "add_generation_prompt": True},
    "developer": {"messages": [{"role": "developer", "content": "Answer in French."}, user("Hello")], "add_generation_prompt": True},
    "stranger": {"messages": [user("Hello"), {"role": "narrator", "content": "It rained."}], "add_generation_prompt": True},
    "twice": {"messages": [user("Hello"), user("Anyone?")], "add_generation_prompt": True},
    "nobody": {"messages": [], "add_generation_prompt": True},
}

# The variables of the snippets.
THINGS = {
    "x": {"n": 3, "s": "hello world", "l": [10, 20, [30]]},
    "d": {"b": "ü <&>'\"", "a": [1, 2.0, None], "c": {"z": True, "y": "\n"}},
    "people": [{"name": "Ann", "age": 30, "team": "red", "admin": True, "address": {"city": "Bern"}},
               {"name": "bob", "age": 25, "team": "blue", "admin": False, "address": {"city": "Rom"}, "nick": "bo"},
               {"name": "Cy", "age": 28, "team": "red", "admin": False, "address": {"city": "Ulm"}}],
    "tree": [{"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}, {"name": "d"}]}, {"name": "e"}],
    "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U <b>"}, {"role": "assistant", "content": "A"}],
}


def snippet(source):
    try:
        return {"want": chat_template_utils._compile_jinja_template(source).render(**json.loads(json.dumps(THINGS)))}
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


def render(source, variables):
    v = dict(variables)
    try:
        [text], _ = chat_template_utils.render_jinja_template(
            conversations=[v.pop("messages")], chat_template=source, **v)
        return {"want": text}
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


def main(folder=HERE, out=HERE / "cases.jsonl.gz"):
    for package, version in VERSIONS.items():
        if importlib.metadata.version(package) != version:
            sys.exit(f"{package} {importlib.metadata.version(package)} is installed; the oracle is {version}")
    text, texts, errors = "", 0, 0
    for path in sorted((pathlib.Path(folder) / ("templates" if folder == HERE else "")).glob("*.jinja")):
        source = path.read_bytes().decode()
        for name, conversation in CONVERSATIONS.items():
            variables = {"bos_token": "<s>", "eos_token": "</s>", **json.loads(json.dumps(conversation))}
            answer = render(source, variables)
            texts, errors = texts + ("want" in answer), errors + ("error" in answer)
            # What render_jinja_template and its caller do to the variables before Jinja sees them.
            chat = chat_template_utils._alias_reasoning_fields(conversation["messages"])
            seen = {"tools": None, "documents": None, **variables, "messages": chat}
            text += json.dumps({"template": path.stem, "case": name, "vars": seen, **answer}, ensure_ascii=False, separators=(",", ":")) + "\n"
    for i, source in enumerate((folder / "snippets.txt").read_text().split("\n=====\n") if folder == HERE else []):
        answer = snippet(source)
        texts, errors = texts + ("want" in answer), errors + ("error" in answer)
        text += json.dumps({"case": str(i + 1), "source": source, "vars": THINGS, **answer}, ensure_ascii=False, separators=(",", ":")) + "\n"
    with open(out, "wb") as f, gzip.GzipFile("", "wb", 9, f, 0) as z:
        z.write(text.encode())
    print(f"{texts} texts, {errors} errors")


if __name__ == "__main__":
    main(*sys.argv[1:])
