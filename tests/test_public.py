"""What the two packages offer, what they may import, and that neither loads anything heavy."""

import ast
import subprocess
import sys
from collections.abc import Iterator

import index
import retrieval

from conftest import ROOT


def test_the_names_of_index() -> None:
    """Code outside relies on these names, and on no others."""
    assert index.__all__ == [
        "AskError",
        "Document",
        "DocumentError",
        "Embedder",
        "Encoding",
        "ModelError",
        "Part",
        "Passage",
        "PassageIndex",
        "QuestionError",
        "SentenceTransformerEmbedder",
        "Span",
        "StoredIndexError",
        "open_index",
        "read_documents",
        "read_each",
        "unit_means",
        "unit_rows",
    ]
    assert all(hasattr(index, name) for name in index.__all__)


def test_the_names_of_retrieval() -> None:
    """Code outside relies on these names, and on no others."""
    assert retrieval.__all__ == ["Answer", "Citation", "ask", "default_index"]
    assert all(hasattr(retrieval, name) for name in retrieval.__all__)


def test_every_error_is_one_family() -> None:
    """Catching AskError catches every error of the project's own."""
    errors = [getattr(index, name) for name in index.__all__ if name.endswith("Error")]
    assert all(issubclass(error, index.AskError) for error in errors)


def imported(package: str) -> Iterator[tuple[str, str]]:
    """Each file of a package with each module it imports, in functions too."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path.name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield path.name, node.module or ""


def test_nothing_flows_back() -> None:
    """index knows nothing of retrieval, and neither knows the page."""
    index_imports, retrieval_imports = [*imported("index")], [*imported("retrieval")]
    assert len(index_imports) > 20
    assert not [pair for pair in index_imports if pair[1].split(".")[0] in {"retrieval", "app", "gradio"}]
    assert not [pair for pair in retrieval_imports if pair[1].split(".")[0] in {"app", "gradio"}]


def test_one_file_knows_faiss() -> None:
    """Another search library would be a change of one file."""
    files = {name for package in ("index", "retrieval") for name, module in imported(package) if module == "faiss"}
    assert files == {"nearest.py"}


def test_importing_is_light() -> None:
    """Importing both packages, the page's rendering too, loads no model, search library or Gradio."""
    page = ", ".join(f"retrieval.page.{part}" for part in ("assets", "conversation", "shelf"))
    heavy = "{'torch', 'transformers', 'gradio', 'faiss'}"
    code = f"import sys, index, retrieval, {page}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
