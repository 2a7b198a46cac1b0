"""Read a file in a process of its own, which a hostile file can slow down or bring down without harm to this one.

PDFs and Word documents are unpacked and interpreted by large libraries: a small file can ask for hours or for all of
the memory. The child has limits on time, memory and output, and answers in JSON; `index.child` is its side.
Deliberately does not: take rights from the child; the libraries run no code of a document.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from index.errors import DocumentError
from index.parts import Extract

MAX_BYTES = 50_000_000
"""Bytes of a web page, PDF or Word document at most."""
MAX_SECONDS = 60
"""Seconds that reading one file may take: a PDF of 300 pages takes about six on a busy machine."""
MAX_MEMORY = 1_500_000_000
"""Bytes of memory that reading one file may take, where the system can set a limit (Linux)."""
MAX_OUTPUT = 100_000_000
"""Bytes that the child may write."""

_ROOT = Path(__file__).resolve().parent.parent


def read_apart(format_name: str, file: Path, name: str) -> Extract:
    """What a file holds. format_name: a key of `index.child.READERS`. name: what messages call the file.

    Raises DocumentError for a file that is too large, damaged, or beyond one of the limits, and OSError for one that
    cannot be opened.
    """
    check_size(file.stat().st_size, name)
    with file.open("rb") as data, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        code = _run([format_name, name], data, output, errors)
        output.seek(0)
        errors.seek(0)
        if code != 0:
            raise DocumentError(f"{name} {_reason(code, errors.read(MAX_OUTPUT))}")
        plain = json.loads(output.read(MAX_OUTPUT + 1))
    if "error" in plain:
        raise DocumentError(plain["error"])
    return Extract.from_plain(plain)


def check_size(size: int, name: str) -> None:
    """Raise DocumentError for a file of more than MAX_BYTES."""
    if size > MAX_BYTES:
        raise DocumentError(
            f"{name} has {size:,} bytes; at most {MAX_BYTES:,} are read: split it, or give its text as a .txt file"
        )


def _run(arguments: list[str], data: IO[bytes], output: IO[bytes], errors: IO[bytes]) -> int | None:
    """Run the child on an open file; its exit status, None where it took too long."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    settings = {"PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "index.child", *arguments]
    environment = {**os.environ, **settings}
    with subprocess.Popen(command, stdin=data, stdout=output, stderr=errors, cwd=_ROOT, env=environment) as child:
        try:
            return child.wait(MAX_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            return None


def _reason(code: int | None, errors: bytes) -> str:
    """Why the child gave no answer, from its exit status and the last line it wrote."""
    last = (errors.decode("utf-8", "replace").strip().splitlines() or [""])[-1]
    if code is None or code == -24:  # SIGXCPU
        return f"took more than {MAX_SECONDS} seconds to read, so it was given up; split it, or give its text as .txt"
    if last.startswith("MemoryError") or code == -9:
        return f"needs more than {MAX_MEMORY:,} bytes of memory to read, so it was given up; it may be made to do harm"
    shown = "".join(c if c.isprintable() else " " for c in last)[:200]
    return f"is damaged and cannot be read ({shown or f'exit {code}'}); open it in its program and save it again"
