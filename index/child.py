"""The child's side of `index.sandbox`: `python -m index.child FORMAT NAME` reads a file from its input, writes JSON.

A DocumentError is an answer ({"error": ...}); any other error ends the process, which is an answer too. Deliberately
does not: open files by name.
"""

import contextlib
import json
import logging
import sys
from collections.abc import Callable

from index.docx import read_docx
from index.errors import DocumentError
from index.html import read_html
from index.parts import Extract
from index.pdf import read_pdf
from index.sandbox import MAX_BYTES, MAX_MEMORY, MAX_OUTPUT, MAX_SECONDS

READERS: dict[str, Callable[[bytes, str], Extract]] = {"html": read_html, "pdf": read_pdf, "docx": read_docx}


def main(format_name: str, name: str) -> None:
    """Answer for one file."""
    limit()
    logging.disable()  # the libraries' warnings about odd files
    try:
        plain = READERS[format_name](sys.stdin.buffer.read(MAX_BYTES), name).to_plain()
    except DocumentError as error:
        plain = {"error": str(error)}
    sys.stdout.buffer.write(json.dumps(plain).encode())


def limit() -> None:
    """Limit this process's memory, time and output, as far as the system can."""
    if sys.platform == "win32":
        return
    import resource

    limits = {"RLIMIT_AS": MAX_MEMORY, "RLIMIT_CPU": MAX_SECONDS, "RLIMIT_FSIZE": MAX_OUTPUT, "RLIMIT_CORE": 0}
    for kind, most in limits.items():
        with contextlib.suppress(OSError, ValueError):  # macOS refuses some; a limit already lower stays
            resource.setrlimit(getattr(resource, kind), (most, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
