"""The tool for agents, asked by the client of the mcp package over the real server."""

import asyncio
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import app
from index import AskError, PassageIndex
from tests.serving import serve

needs_mcp = pytest.mark.skipif(
    not importlib.util.find_spec("mcp") and not os.environ.get("REQUIRE_MCP"),
    reason="needs the package mcp: pip install 'gradio[mcp]'",
)


@pytest.fixture(scope="module")
def url(seed_index: PassageIndex) -> Iterator[str]:
    """The page with the tool switched on as an operator does it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASK_MCP", "on")
        yield from serve(seed_index)


def talk(url: str, *calls: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The tools an agent sees, and what it gets for each call of ask, in one session."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def session() -> tuple[Any, list[Any]]:
        address = f"{url}/gradio_api/mcp/"
        async with streamable_http_client(address) as (read, write, _), ClientSession(read, write) as client:
            await client.initialize()
            tools = (await client.list_tools()).tools
            return tools, [await client.call_tool("ask", arguments) for arguments in calls]

    return asyncio.run(session())


@needs_mcp
@pytest.mark.model
def test_an_agent_asks(url: str, seed_index: PassageIndex) -> None:
    """One tool, each parameter explained; it answers in JSON as `ask` does, and follows a conversation."""
    who = {"question": "Who does it work with?", "history": ["What does the Extraditions Office do?"], "k": 1}
    [tool], [worth, works] = talk(url, {"question": "What is the drug trade worth?"}, who)
    assert tool.name == "ask"
    assert "word for word" in tool.description
    assert list(tool.inputSchema["properties"]) == ["question", "history", "k"]
    assert all(described["description"] for described in tool.inputSchema["properties"].values())
    assert tool.inputSchema["required"] == ["question"]
    answer = json.loads(worth.content[0].text)
    first = answer["citations"][0]
    assert not worth.isError
    assert "EUR 3.3 billion" in answer["text"]
    assert seed_index.documents[0].text[first["start"] : first["end"]] == first["text"]
    assert json.loads(works.content[0].text)["searched"] == "Who does it work with? (Extraditions Office)"


@needs_mcp
@pytest.mark.model
def test_an_agent_is_told_what_was_wrong(url: str) -> None:
    """An error is marked as one and says what was wrong; it is no answer and no traceback."""
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"question": ""}, "The question has no words."),
        ({"question": "Who?", "k": 0}, "k is 0"),
        ({"question": "x" * 1_000_000}, "1,000,000 characters"),
        ({"question": "Who?", "history": [{"text": "I said so"}]}, "not of type 'string'"),
        ({}, "'question' is a required property"),
    ]
    _, replies = talk(url, *(arguments for arguments, _ in wrong))
    for (_, said), reply in zip(wrong, replies, strict=True):
        assert reply.isError
        assert said in reply.content[0].text
        assert "Traceback" not in reply.content[0].text


def test_without_its_package_the_tool_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for it is told what to install; who does not, needs nothing."""
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.delenv("ASK_MCP", raising=False)
    assert app.launch_settings()["mcp_server"] is False
    monkeypatch.setenv("ASK_MCP", "on")
    with pytest.raises(AskError, match=r"pip install 'gradio\[mcp\]'"):
        app.launch_settings()
