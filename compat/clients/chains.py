"""LangChain against a server that runs: python chains.py URL MODEL EMBEDDER. Needs langchain-openai, -anthropic and -ollama.

A model of random weights can be held to nothing but formats: what is checked is that each integration takes its turn.
Schemas allow no more than they name, or such a model invents properties without end.
"""

import sys
from typing import Literal

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_ollama import ChatOllama, OllamaEmbeddings
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from pydantic import BaseModel, ConfigDict

base, model, embedder = sys.argv[1:]
failed = 0
said = [SystemMessage("Be brief."), HumanMessage("Say hello.")]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Fire(Closed):
    """How a fire is."""

    state: Literal["lit", "out"]
    warm: bool


@tool
def light(where: Literal["hearth", "stove"]) -> str:
    """Lights a fire."""
    return where + " is lit"


LIGHT = {"type": "function", "function": {"name": "light", "description": light.description, "parameters": {
    **light.tool_call_schema.model_json_schema(), "additionalProperties": False}}}


def check(f):
    global failed
    name = "langchain " + f.__name__.replace("_", " ")
    try:
        f()
        print("ok   ", name)
    except Exception as e:  # every failure is told
        failed += 1
        print("FAIL ", name, repr(e))


CHATS = {
    "openai": lambda n: ChatOpenAI(model=model, base_url=base + "/v1", api_key="none", max_tokens=n, max_retries=0, stream_usage=True, temperature=0),
    "responses": lambda n: ChatOpenAI(model=model, base_url=base + "/v1", api_key="none", max_tokens=n, max_retries=0, use_responses_api=True, temperature=0),
    "anthropic": lambda n: ChatAnthropic(model=model, base_url=base, api_key="none", max_tokens=n, max_retries=0, temperature=0),
    "ollama": lambda n: ChatOllama(model=model, base_url=base, num_predict=n, temperature=0),
}


def usage(m, n):
    assert isinstance(m, AIMessage) and m.usage_metadata["input_tokens"] > 10 and 0 < m.usage_metadata["output_tokens"] <= n, m


for name, chat in CHATS.items():
    def invoke():
        usage(chat(8).invoke(said), 8)

    def stream():
        pieces = list(chat(8).stream(said))
        whole = pieces[0]
        for p in pieces[1:]:
            whole += p
        assert len(pieces) > 2, pieces
        usage(whole, 8)
        assert whole.text == chat(8).invoke(said).text, whole

    def batch():
        for m in (ChatPromptTemplate.from_messages([("user", "Say {word}.")]) | chat(4)).batch([{"word": w} for w in "abc"]):
            usage(m, 4)

    def tool_call():
        bound = chat(400).bind_tools([LIGHT], tool_choice="light")
        m = bound.invoke(said)
        (call,) = m.tool_calls
        assert call["name"] == "light" and call["args"]["where"] in ("hearth", "stove") and call["id"], m
        answer = light.invoke(call)
        assert isinstance(answer, ToolMessage)
        again = chat(8).bind_tools([light]).invoke([*said, m, answer])
        usage(again, 8)
        whole = None
        for p in bound.stream(said):
            whole = p if whole is None else whole + p
        assert [c["args"] for c in whole.tool_calls] == [call["args"]], whole

    def structured():
        fire = chat(400).with_structured_output(Fire, method="json_schema").invoke(said)
        assert isinstance(fire, Fire), fire

    for f in (invoke, stream, batch, structured) if name == "ollama" else (invoke, stream, batch, tool_call, structured):
        f.__name__ = f"{name} {f.__name__}"
        check(f)


@check
def ollama_tools_are_taken():  # Ollama has no tool_choice
    usage(CHATS["ollama"](8).bind_tools([light]).invoke(said), 8)


@check
def openai_completion():
    assert isinstance(OpenAI(model=model, base_url=base + "/v1", api_key="none", max_tokens=4, max_retries=0).invoke("once upon"), str)


@check
def embeddings_agree():
    texts = ["the fire is lit", "the fire is out", "rain"]
    openai = OpenAIEmbeddings(model=embedder, base_url=base + "/v1", api_key="none", check_embedding_ctx_length=False, max_retries=0)
    ollama = OllamaEmbeddings(model=embedder, base_url=base)
    a, b = openai.embed_documents(texts), ollama.embed_documents(texts)
    assert len(a) == len(b) == 3 and all(abs(x - y) < 1e-6 for u, v in zip(a, b) for x, y in zip(u, v)), "the two interfaces differ"
    assert all(abs(sum(x * x for x in v) - 1) < 1e-4 for v in a), "not of length 1"
    assert max(abs(x - y) for x, y in zip(openai.embed_query(texts[1]), a[1])) < 1e-6


sys.exit(1 if failed else 0)
