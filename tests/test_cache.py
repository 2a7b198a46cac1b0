"""open_index: built once, kept, built again when anything it depends on changes, and never in the way."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index import DocumentError, Encoding, PassageIndex, open_index, read_documents
from index.cache import UNFINISHED
from index.generations import POINTER

from conftest import ToyEmbedder, same

Opener = Callable[..., tuple[PassageIndex, bool]]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A folder with one document."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.txt").write_text("The red fox runs.")
    return tmp_path / "docs"


@pytest.fixture
def opened(page: Path, toy: ToyEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Opens the page's index, and tells whether it had to be built; the user's cache is a folder of the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def open_(folder: Path = tmp_path / "kept", embedder: ToyEmbedder = toy) -> tuple[PassageIndex, bool]:
        calls: list[int] = []
        passage_index = open_index(page, folder, embedder=embedder, progress=lambda done, _: calls.append(done))
        return passage_index, bool(calls)

    return open_


def test_it_is_built_once(opened: Opener) -> None:
    """The second time it is read from disk, and equal."""
    (first, built), (second, built_again) = opened(), opened()
    assert (built, built_again) == (True, False)
    assert first.documents == second.documents


def test_it_is_built_again_when_a_document_changes(opened: Opener, page: Path) -> None:
    """Another text, another file, a file less: each is noticed, and each is kept in turn."""
    opened()
    (page / "page.txt").write_text("The blue fox sleeps.")
    assert opened()[1]
    (page / "more.txt").write_text("The dog.")
    assert opened()[1]
    (page / "more.txt").unlink()
    assert [len(opened()[0].documents), opened()[1]] == [1, False]


class CountingEmbedder(ToyEmbedder):
    """Remembers what it encoded; stops like a person at the keyboard before it encodes a word."""

    def __init__(self, stop: str = "nothing") -> None:
        super().__init__()
        self.texts: list[str] = []
        self.stop = stop

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        if any(self.stop in text for text in texts):
            raise KeyboardInterrupt
        self.texts += texts
        return super().encode(texts)


def test_only_what_changed_is_embedded_again(page: Path, tmp_path: Path) -> None:
    """Documents that stayed are taken from the saved index; the result is as if all were new, and is saved."""
    for name, text in (("a.txt", "The dog."), ("b.txt", "The cat."), ("bare.md", "# Heading")):
        (page / name).write_text(text)
    open_index(page, tmp_path / "kept", embedder=ToyEmbedder())
    (page / "b.txt").write_text("The moon.")
    (page / "c.txt").write_text("In Paris.")
    (page / "page.txt").unlink()
    embedder = CountingEmbedder()
    found = open_index(page, tmp_path / "kept", embedder=embedder)
    assert embedder.texts == ["b: The moon.", "c: In Paris."]
    assert same(found, PassageIndex.build(read_documents(page), embedder=ToyEmbedder()))
    assert same(found, PassageIndex.load(tmp_path / "kept", embedder=ToyEmbedder()))


def test_an_interrupted_build_goes_on(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was embedded before the interruption is not embedded again, and progress is over all that is left."""
    monkeypatch.setattr("index.cache.GROUP", 2)
    for number in range(5):
        (page / f"{number}.txt").write_text(f"The fox {number}.")
    with pytest.raises(KeyboardInterrupt):
        open_index(page, tmp_path / "kept", embedder=CountingEmbedder("fox 3"))
    embedder, calls = CountingEmbedder(), list[tuple[int, int]]()
    found = open_index(page, tmp_path / "kept", embedder=embedder, progress=lambda *now: calls.append(now))
    assert embedder.texts == ["2: The fox 2.", "3: The fox 3.", "4: The fox 4.", "page: The red fox runs."]
    assert calls == [(2, 4), (4, 4)]
    assert same(found, PassageIndex.build(read_documents(page), embedder=ToyEmbedder()))
    assert not (tmp_path / "kept" / UNFINISHED).exists()


def test_it_is_built_again_for_another_model(opened: Opener, other_toy: ToyEmbedder) -> None:
    """Vectors of another model are not used."""
    opened()
    assert opened(embedder=other_toy)[1]


def test_it_is_built_again_for_other_settings(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index cut in another way is not used."""
    opened()
    monkeypatch.setattr("index.passages.SHORT_PARAGRAPH", 7)
    assert opened()[1]


@pytest.mark.parametrize("harm", ["", "generation-gone 0", "\x00\x01"])
def test_a_damaged_one_is_built_again(
    harm: str, opened: Opener, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Damage costs a rebuild and a warning that says why, never an error."""
    opened()
    (tmp_path / "kept" / POINTER).write_text(harm)
    with caplog.at_level(logging.WARNING):
        assert opened()[1]
    assert "built again" in caplog.text
    assert not opened()[1]


def test_a_read_only_folder_is_kept_in_the_cache(opened: Opener, tmp_path: Path) -> None:
    """Where the folder cannot be written, the user's cache serves the next start."""
    (tmp_path / "file").write_text("no folder can be made in a file")
    kept = tmp_path / "file" / "kept"
    assert [opened(kept)[1], opened(kept)[1]] == [True, False]
    assert (tmp_path / "file").is_file()
    assert [*(tmp_path / "cache").rglob(POINTER)]


def test_nowhere_to_write_is_no_error(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without any folder to write the index stays in memory, and the log says so."""
    (tmp_path / "file").write_text("no folder can be made in a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    passage_index, built = opened(tmp_path / "file" / "kept")
    assert (len(passage_index), built) == (1, True)
    assert caplog.text.count("could not be saved") == 2


def test_a_user_without_a_home_is_no_error(opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run under a user that has no home folder."""
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "")
    (tmp_path / "file").write_text("no folder can be made in a file")
    assert opened(tmp_path / "file" / "kept")[1]


def test_opened_by_many_at_once_it_is_whole(opened: Opener) -> None:
    """Whoever comes at the same time gets an index, and the one that stays on disk is sound."""
    with ThreadPoolExecutor(8) as pool:
        results = [*pool.map(lambda _: opened(), range(16))]
    assert {len(passage_index) for passage_index, _ in results} == {1}
    assert not opened()[1]


def test_no_documents_is_an_error(tmp_path: Path, toy: ToyEmbedder) -> None:
    """A missing folder of documents is for the user to put right."""
    with pytest.raises(DocumentError, match="does not exist"):
        open_index(tmp_path / "missing", tmp_path / "kept", embedder=toy)
