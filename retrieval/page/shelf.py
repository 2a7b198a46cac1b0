"""A visitor's own documents: as HTML, held, on their way or refused; and what a browser sends as files."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from index.documents import ENDINGS
from index.library import EMBEDDING, READY, REFUSED, FileState, Limits, Upload, in_bytes
from retrieval.page.markup import apart, escape
from retrieval.page.room import Room

ADD = "Add your documents"
REASON_NAMES = 3  # files named for one reason; the rest are counted


def render_shelf(
    own: Room | None, limits: Limits, status: str = "", files: Sequence[FileState] = (), busy: bool = False
) -> str:
    """A visitor's own documents, those on their way, what went wrong, and the way to add more.

    Always the same elements in the same order: the page replaces only what differs, so that the focus stays where it is
    and a screen reader hears what is new. ``files`` are those of a round of uploads, ``busy`` while it lasts.
    """
    documents = own.passage_index.documents if own else ()
    rows = "".join(map(render_file, files)) if busy else "".join(render_held(d.id) for d in documents)
    back = shelf_button("Back to the shared documents", "back") if own and not busy else ""
    add = shelf_button("Stop reading", "stop") if busy else shelf_button("Add more" if own else ADD, "pick")
    allowed = f'data-file="{limits.file_bytes}" data-sent="{limits.sent_bytes}" data-files="{limits.files}"'
    return (
        f'<div class="shelf"><p class="note" role="status">{status}</p><ul class="files">{rows}</ul>'
        f'<div class="problems" role="alert">{render_problems(files)}</div><div class="foot">{add}'
        f'<input type="file" multiple hidden accept="{",".join(ENDINGS)}" {allowed}>{back}'
        f"{render_limits(limits)}</div></div>"
    )


def render_limits(limits: Limits) -> str:
    """What may be brought: the formats and who sees it in a line, the limits in a fold beside it."""
    rows = (
        ("Files", f"{limits.files}"),
        ("A file", in_bytes(limits.file_bytes)),
        ("Sent at once", in_bytes(limits.sent_bytes)),
        ("Pages of PDFs", f"{limits.pages:,}"),
        ("Characters", f"{limits.characters:,}"),
        ("Passages", f"{limits.passages:,}"),
        ("Time to read", f"{limits.seconds:g} seconds"),
    )
    listed = "".join(f"<dt>{what}</dt><dd>{most}</dd>" for what, most in rows)
    return (
        f"<small>{', '.join(ENDINGS)}. Only you see them; they are gone when you leave.</small>"
        f'<details class="limits"><summary>Limits</summary><dl>{listed}</dl></details>'
    )


def render_held(document_id: str) -> str:
    """One of the visitor's documents and the button that removes it."""
    label = f'aria-label="Remove {escape(document_id)}" title="Remove"'
    remove = f'<button type="button" data-shelf="remove" data-document="{escape(document_id)}" {label}>✕</button>'
    return f"<li>{apart(document_id)}{remove}</li>"


def render_file(file: FileState) -> str:
    """A file on its way."""
    bar = f'<progress aria-label="Embedding {escape(file.name)}" value="{file.done}" max="{file.total}"></progress>'
    bar = bar if file.stage == EMBEDDING else ""
    words = f"embedding {file.done} of {file.total}" if file.stage == EMBEDDING else file.stage or "waiting"
    return f'<li class="{file.stage or "waiting"}">{apart(file.name)}{bar}<span>{words}</span></li>'


def render_problems(files: Sequence[FileState]) -> str:
    """The files that were not taken, those with one reason together."""
    reasons = dict.fromkeys(file.reason for file in files if file.stage == REFUSED)
    return "".join(render_problem(reason, [f.name for f in files if f.reason == reason]) for reason in reasons)


def render_problem(reason: str, names: Sequence[str]) -> str:
    """What is wrong with the first of some files, and which others have the same."""
    others = ", ".join(map(apart, names[1:REASON_NAMES]))
    more = f" and {len(names) - REASON_NAMES} more" if len(names) > REASON_NAMES else ""
    same = f" The same holds for {others}{more}." if others else ""
    return f"<p>{apart(names[0])} {apart(reason)}{same}</p>"


def shelf_button(label: str, action: str) -> str:
    """A button the shelf's script handles."""
    return f'<button type="button" data-shelf="{action}">{escape(label)}</button>'


def sent_files(data: object) -> list[Upload]:
    """The files in what a browser sent; anything that is none is left out, bytes that are no base64 become None."""
    files = data.get("files") if isinstance(data, dict) else None
    return [sent_file(file) for file in files if isinstance(file, dict)] if isinstance(files, list) else []


def sent_file(sent: dict[Any, Any]) -> Upload:
    """One file as the browser sent it; nothing in it is a path, whatever it says."""
    name, size, data = sent.get("name"), sent.get("size"), sent.get("data")
    try:
        content = base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except (binascii.Error, ValueError):
        content = None
    return Upload(name if isinstance(name, str) else "", content, size if isinstance(size, int) and size > 0 else 0)


def reading(files: Sequence[FileState]) -> str:
    """What a screen reader is told while files are read: once for each, not at every step."""
    number = sum(file.stage in (READY, REFUSED) for file in files) + 1
    name = next((file.name for file in files if file.stage not in (READY, REFUSED)), "")
    return f"Reading {apart(name)}, {number} of {len(files)}." if name else "Looking for questions to suggest."


def waiting(ahead: int) -> str:
    """What a visitor is told while others' uploads are read first."""
    return f"Waiting until the documents of {ahead} other visitor{'s' * (ahead > 1)} are read."


def counted(added: int) -> str:
    """What came of a round of uploads."""
    return f"{added or 'No'} document{'' if added == 1 else 's'} added. Your questions go to your documents only."
