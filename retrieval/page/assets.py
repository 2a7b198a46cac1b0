"""What the browser gets once: the header with the style sheet, and a script for each half of the page.

Gradio runs a script when its component is on the page; it passes in `element`, `trigger`, `watch` and `server`.
"""

from pathlib import Path

TITLE = "Ask the document"
_FOLDER = Path(__file__).parent


def _read(name: str) -> str:
    """A file beside this one."""
    return (_FOLDER / name).read_text(encoding="utf-8")


CONVERSATION_SCRIPT = _read("conversation.js")
SHELF_SCRIPT = _read("shelf.js")
BUSY_SCRIPT = "() => { document.querySelector('#shelf [role=status]').textContent = 'The server is busy. Try again.'; }"
HEADER = f"""<style>{_read("page.css")}</style><header><h1>{TITLE}</h1>
<button type="button" data-action="stop">Stop</button>
<button type="button" data-action="read">Document</button>
<button type="button" data-action="clear">Clear</button></header>"""
