"""Real coding agents take a turn with a tool: python agents.py URL. Standard library only.

Each is given the model of models.py that calls its own tool for commands and then says DONE. Checked are the exit
status, what the command did, the call and the text as the agent tells them, its count of tokens, and a second turn
of the same conversation. HOME is a new folder, telemetry and updates are off.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from models import DONE, SCRIPTS

base = sys.argv[1]
bin_ = pathlib.Path(os.environ["CLIENTS"]) / "node_modules/.bin"
failed = 0


def run(home, work, command, **env):
    p = subprocess.run(command, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                       env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **env})
    assert p.returncode == 0, f"exit {p.returncode}: {p.stdout[-2000:]} {p.stderr[-2000:]}"
    return [json.loads(line) for line in p.stdout.splitlines() if line.startswith("{")]


def of(events, **want):
    return [e for e in events if all(e.get(k) == v for k, v in want.items())]


def codex(home, work):
    (home / ".codex").mkdir()
    (home / ".codex/config.toml").write_text(f"""
model = "codex"
model_provider = "suiren"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.suiren]
name = "suiren"
base_url = "{base}/v1"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
""")
    options = ["--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
    events = run(home, work, [bin_ / "codex", "exec", *options, "Light the fire"])
    items = [e["item"] for e in of(events, type="item.completed")]
    (call,) = of(items, type="command_execution")
    assert call["exit_code"] == 0 and call["aggregated_output"] == "lit\n", call
    assert of(items, type="agent_message")[-1]["text"] == DONE, items
    assert of(events, type="turn.completed")[0]["usage"]["output_tokens"] > 0, events
    events = run(home, work, [bin_ / "codex", "exec", "resume", "--last", *options, "Is it lit?"])
    assert [e["item"]["text"] for e in of(events, type="item.completed") if e["item"]["type"] == "agent_message"] == [DONE], events


def claude(home, work):
    env = {"ANTHROPIC_BASE_URL": base, "ANTHROPIC_AUTH_TOKEN": "none", "ANTHROPIC_MODEL": "claude", "ANTHROPIC_DEFAULT_HAIKU_MODEL": "claude",
           "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_TELEMETRY": "1", "DISABLE_ERROR_REPORTING": "1", "DISABLE_AUTOUPDATER": "1"}
    options = ["--output-format", "stream-json", "--verbose", "--allowedTools", "Bash"]
    events = run(home, work, [bin_ / "claude", "-p", "Light the fire", *options], **env)
    blocks = [b for e in of(events, type="assistant") for b in e["message"]["content"]]
    (call,) = of(blocks, type="tool_use")
    assert call["name"] == "Bash" and call["input"] == SCRIPTS["claude"][1], call
    (result,) = [b for e in of(events, type="user") for b in e["message"]["content"] if b["type"] == "tool_result"]
    assert result["content"] == "lit" and not result["is_error"], result
    (end,) = of(events, type="result")
    assert end["result"] == DONE and end["num_turns"] == 2 and not end["is_error"] and end["usage"]["output_tokens"] > 0, end
    (end,) = of(run(home, work, [bin_ / "claude", "-c", "-p", "Is it lit?", *options], **env), type="result")
    assert end["result"] == DONE and end["num_turns"] == 1, end


def opencode(home, work):
    model = {"name": "opencode", "tool_call": True, "limit": {"context": 262144, "output": 4096}}
    (work / "opencode.json").write_text(json.dumps({
        "autoupdate": False, "share": "disabled", "model": "suiren/opencode", "small_model": "suiren/opencode", "provider": {"suiren": {
            "npm": "@ai-sdk/openai-compatible", "options": {"baseURL": base + "/v1", "apiKey": "none"}, "models": {"opencode": model}}}}))
    env = {"OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_AUTOUPDATE": "1"}
    events = run(home, work, [bin_ / "opencode", "run", "--format", "json", "Light the fire"], **env)
    (call,) = [e["part"] for e in of(events, type="tool_use")]
    assert call["tool"] == "bash" and call["state"]["input"] == SCRIPTS["opencode"][1] and call["state"]["output"] == "lit\n", call
    assert [e["part"]["text"] for e in of(events, type="text")] == [DONE], events
    ends = [e["part"] for e in of(events, type="step_finish")]
    assert [e["reason"] for e in ends] == ["tool-calls", "stop"] and all(e["tokens"]["output"] > 0 for e in ends), ends
    events = run(home, work, [bin_ / "opencode", "run", "-c", "--format", "json", "Is it lit?"], **env)
    assert [e["part"]["text"] for e in of(events, type="text")] == [DONE], events


for agent in codex, claude, opencode:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as tmp:
        home, work = pathlib.Path(tmp) / "home", pathlib.Path(tmp) / "work"
        home.mkdir()
        work.mkdir()
        try:
            agent(home, work)
            assert (work / "fire.txt").read_text() == "lit\n"
            print("ok   ", agent.__name__, "two turns, one command")
        except Exception as e:  # every failure is told
            failed += 1
            print("FAIL ", agent.__name__, repr(e))
sys.exit(1 if failed else 0)
