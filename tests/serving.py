"""The page on a port of its own, for tests that need a server."""

import os
import socket
from collections.abc import Iterator

import gradio as gr

from app import build_app, launch_settings
from index import PassageIndex
from index.library import LIMITS, Limits
from retrieval.page.room import Opening


def serve(app_of: PassageIndex | Opening | gr.Blocks, limits: Limits = LIMITS) -> Iterator[str]:
    """Yield the page's address without a closing slash; the server lives as long as the generator."""
    os.environ.setdefault("NO_PROXY", "localhost,127.0.0.1")
    page = app_of if isinstance(app_of, gr.Blocks) else build_app(app_of, limits)
    with socket.socket() as probe:  # a server closed a moment ago may still hold Gradio's usual port
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **{**launch_settings(), "server_port": port})
    yield url.rstrip("/")
    page.close()
