"""Text as HTML shows it, and the few elements every part of the page uses.

Everything that came from a document or a visitor passes through `escape` on its way into HTML.
"""

import re
from html import escape as escape_html

QUESTION_SHOWN = 400  # characters of a question repeated on the page; what is searched is never cut


def escape(text: str) -> str:
    """Text as HTML shows it, character for character; what HTML cannot hold (NUL, lone surrogates) becomes U+FFFD."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", escape_html(text)).replace("\r", "&#13;").replace("\n", "&#10;")


def apart(text: str) -> str:
    """Text that is read in its own direction, whatever stands around it."""
    return f"<bdi>{escape(text)}</bdi>"


def shorten(text: str, limit: int = QUESTION_SHOWN) -> str:
    """Text of at most ``limit`` characters and an ellipsis."""
    return text if len(text) <= limit else text[:limit].rstrip() + "…"


def button(label: str, action: str, pressed: bool | None = None, **data: str) -> str:
    """A button the page's script passes on to the server as ``action``, or handles itself."""
    extra = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    extra += "" if pressed is None else f' aria-pressed="{str(pressed).lower()}"'
    return f'<button type="button" data-action="{action}"{extra}>{escape(label)}</button>'


def foot(content: str) -> str:
    """The quiet row under a turn."""
    return f'<div class="foot">{content}</div>' if content else ""
