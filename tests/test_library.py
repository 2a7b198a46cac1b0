"""Uploads as documents: what is taken, what is refused with which words, and that nothing is embedded twice."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from index import Document, DocumentError, Encoding, PassageIndex
from index.documents import ENDINGS
from index.library import LIMITS, READY, REFUSED, FileState, Intake, Limits, Upload, in_bytes, without

from conftest import ToyEmbedder
from papers import write_pdf

SMALL = Limits(files=3, file_bytes=200, sent_bytes=300, characters=100, passages=4, seconds=60)


class CountingEmbedder(ToyEmbedder):
    """Remembers what it encoded."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.texts.extend(texts)
        return super().encode(texts)


def file(name: str, text: str | bytes) -> Upload:
    """A file as a browser sends it."""
    data = text if isinstance(text, bytes) else text.encode()
    return Upload(name, data, len(data))


def take(
    *uploads: Upload, held: PassageIndex | None = None, limits: Limits = LIMITS, free: int = 10**9
) -> tuple[PassageIndex | None, list[FileState]]:
    """A whole round of uploads."""
    intake = Intake(uploads, held, ToyEmbedder(), limits, free)
    for _ in intake.steps():
        pass
    return intake.passage_index, intake.files


def reason(state: FileState) -> str:
    assert state.stage == REFUSED
    return state.reason


def ids(passage_index: PassageIndex | None) -> list[str]:
    return [document.id for document in passage_index.documents] if passage_index else []


# --- what is taken --------------------------------------------------------------------------------------------------


def test_files_become_documents_in_their_order() -> None:
    """Name, title and text are those read_documents gives, the index that of the documents built together."""
    passage_index, states = take(file("b.md", "# Fox\n\nThe red fox runs."), file("a.txt", "The dog sleeps."))
    documents = (Document("b.md", "Fox", "# Fox\n\nThe red fox runs."), Document("a.txt", "a", "The dog sleeps."))
    assert passage_index is not None
    assert passage_index.documents == documents
    assert len(passage_index) == len(PassageIndex.build(documents, embedder=ToyEmbedder())) == 2
    assert [(state.name, state.stage) for state in states] == [("b.md", READY), ("a.txt", READY)]


def test_every_stage_is_told() -> None:
    """A file waits, is read, embedded from 0 to all, ready; the next one waits meanwhile."""
    intake = Intake([file("a.txt", "The dog."), file("b.txt", "")], None, ToyEmbedder(), Limits(), 10**9)
    seen = [[(f.stage, f.done, f.total) for f in intake.files] for _ in intake.steps()]
    waiting = ("", 0, 0)
    assert seen == [
        [("reading", 0, 0), waiting],
        [("embedding", 0, 1), waiting],
        [("embedding", 1, 1), waiting],
        [("ready", 0, 0), waiting],
        [("ready", 0, 0), ("reading", 0, 0)],
        [("ready", 0, 0), ("refused", 0, 0)],
    ]


def test_adding_a_file_embeds_only_that_file() -> None:
    """What is held is joined, not encoded again."""
    held, _ = take(file("a.txt", "The dog sleeps."))
    embedder = CountingEmbedder()
    intake = Intake([file("b.txt", "The red fox runs.")], held, embedder, Limits(), 10**9)
    assert [*intake.steps()]
    assert embedder.texts == ["b: The red fox runs."]
    assert ids(intake.passage_index) == ["a.txt", "b.txt"]


def test_a_round_left_halfway_leaves_no_trace() -> None:
    """Until the last step the index is the one held before."""
    held, _ = take(file("a.txt", "The dog sleeps."))
    intake = Intake([file("b.txt", "The red fox runs.")], held, ToyEmbedder(), Limits(), 10**9)
    steps = intake.steps()
    next(steps)
    assert intake.passage_index is held


def test_two_files_of_one_name_are_both_kept() -> None:
    """The second gets a number, in its title too where the name is the title."""
    passage_index, states = take(
        file("a.txt", "One dog."), file("a.txt", "Two dogs."), file("x/a.txt", "# Head\n\nThree.")
    )
    assert ids(passage_index) == [state.name for state in states] == ["a.txt", "a (2).txt", "a (3).txt"]
    assert passage_index is not None
    assert [document.title for document in passage_index.documents] == ["a", "a (2)", "Head"]


def test_the_same_file_twice_is_one_document() -> None:
    """In one round or in the next, under the same name or another."""
    held, states = take(file("a.txt", "One dog."), file("a.txt", "One dog."), file("b.txt", "One dog."))
    assert [reason(state) for state in states[1:]] == ["is here already.", "is here already, as a.txt."]
    again, states = take(file("a.txt", "One dog."), held=held)
    assert again is held
    assert reason(states[0]) == "is here already."


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/notes.txt", "notes.txt"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("/etc/passwd.txt", "passwd.txt"),
        ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
        ("\u202egpj.**a**.txt", "\u202egpj.**a**.txt"),
        ("a\0b\nc.txt", "a\ufffdb\ufffdc.txt"),
        ("half \ud83d.txt", "half ?.txt"),
        ("é" * 300 + ".txt", "é" * 98 + ".txt"),
    ],
)
def test_a_name_is_text_without_folders(sent: str, kept: str) -> None:
    """Folders and control characters go, everything else stays as it was typed; too long a name keeps its ending."""
    passage_index, _ = take(file(sent, "The dog."))
    assert ids(passage_index) == [kept]


# --- what is refused -------------------------------------------------------------------------------------------------


def test_a_bad_file_is_named_with_its_reason_and_the_others_load() -> None:
    """Empty, blank, binary, of a wrong ending, without a name: each says why; the good one between them is there."""
    passage_index, states = take(
        file("empty.txt", ""), file("blank.md", " \n"), file("dog.txt", "The dog."), file("bin.txt", b"a\0b"),
        file("photo.png", b"\x89PNG"), file("..", "x"),
    )  # fmt: skip
    assert ids(passage_index) == ["dog.txt"]
    assert [(s.name, reason(s)) for s in states if s.stage == REFUSED] == [
        ("empty.txt", "is empty; put text into it or remove it"),
        ("blank.md", "holds nothing but white space; put text into it or remove it"),
        ("bin.txt", "is not text: it holds 1 control characters in 3; give a text file (.txt, .md, UTF-8 is best) or "
         "remove it"),
        ("photo.png", f"is no file that can be read here. These can: {', '.join(ENDINGS)}."),
        ("unnamed", f"is no file that can be read here. These can: {', '.join(ENDINGS)}."),
    ]  # fmt: skip


def test_a_file_too_large_is_refused_unread() -> None:
    """By what came, or by the size the browser tells of what it kept back."""
    _, states = take(file("a.txt", b"x" * 201), Upload("b.txt", None, 60_000_000), limits=SMALL)
    assert reason(states[0]) == "has 201 bytes; a file may have 200 bytes. Split it."
    assert reason(states[1]).startswith("has 60 MB;")


def test_what_did_not_arrive_is_said_to_be_missing() -> None:
    """A folder dropped on the page, a file moved while it was read."""
    _, states = take(Upload("folder.txt", None, 0))
    assert reason(states[0]).startswith("could not be read by the browser")


def test_bytes_at_once_are_limited() -> None:
    """Files beyond the sum are left out; a smaller one may still fit."""
    sizes = {"a.txt": 150, "b.txt": 160, "c.txt": 100}
    limits = Limits(sent_bytes=300)
    passage_index, states = take(
        *(file(name, f"{name} dog ".ljust(n, "x")) for name, n in sizes.items()), limits=limits
    )
    assert ids(passage_index) == ["a.txt", "c.txt"]
    assert "may be sent at once" in reason(states[1])


def test_the_number_of_documents_is_limited() -> None:
    """Fifty files at once: the first ones are taken; those held count too."""
    files = [file(f"{n}.txt", f"Dog {n}.") for n in range(50)]
    held, states = take(*files, limits=SMALL)
    assert ids(held) == ["0.txt", "1.txt", "2.txt"]
    assert {reason(state) for state in states[3:]} == {"was left out: 3 files are allowed. Remove one first."}
    again, states = take(file("new.txt", "New dog."), held=held, limits=SMALL)
    assert again is held
    assert "3 files are allowed" in reason(states[0])


def test_characters_are_limited_over_all_documents() -> None:
    """What is held counts; the message says what was found, what is allowed and what is left."""
    held, _ = take(file("a.txt", "dog " * 20), limits=SMALL)
    _, states = take(file("b.txt", "fox " * 10), held=held, limits=SMALL)
    assert reason(states[0]) == "has 40 characters; 100 are allowed in all, 20 are left."
    _, states = take(file("b.txt", "fox " * 30), limits=SMALL)
    assert reason(states[0]) == "has 120 characters; 100 are allowed."


def test_pages_are_limited_over_all_documents(tmp_path: Path) -> None:
    """Those of every PDF count, whatever stands on them."""
    papers = [
        write_pdf(tmp_path / f"{name}.pdf", [("heading", f"{name} {n}") for n in range(2)], pages=True)
        for name in ("One", "Two")
    ]
    held, states = take(*(file(path.name, path.read_bytes()) for path in papers), limits=Limits(pages=3))
    assert ids(held) == ["One.pdf"]
    assert reason(states[1]) == "has 2 pages; 3 are allowed in all."


def test_passages_are_limited() -> None:
    """Many tiny sections cost more than their characters show."""
    text = "".join(f"# S{n}\n\nDog.\n\n" for n in range(6))
    _, states = take(file("a.md", text), limits=SMALL)
    assert reason(states[0]) == "makes 6 passages; 4 are allowed in all."


def test_a_full_server_says_so() -> None:
    """Visitors share the server's memory: nothing is read that would not fit."""
    _, states = take(file("a.txt", "The dog."), free=5)
    assert "fill this server" in reason(states[0])


def test_seconds_are_limited() -> None:
    """What takes too long is left, and so is what comes after it; what was ready stays."""
    late = Limits(seconds=-1)
    passage_index, states = take(file("a.txt", "The dog."), limits=late)
    assert passage_index is None
    assert reason(states[0]) == "took too long: -1 seconds are allowed. Send less at once."


# --- removing ---------------------------------------------------------------------------------------------------------


def test_a_document_is_removed_without_embedding_the_others() -> None:
    """The rest is as built; after the last one nothing is left."""
    held, _ = take(file("a.txt", "The dog sleeps."), file("b.txt", "The red fox runs."))
    assert held is not None
    left = without(held, "a.txt")
    assert ids(left) == ["b.txt"]
    assert left is not None
    assert without(left, "b.txt") is None


def test_uploads_leave_nothing_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder a file is read in is gone afterwards, whether it could be read or not."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    take(file("a.txt", "The dog."), file("b.txt", b"a\0b"))
    assert [*tmp_path.iterdir()] == []


def test_sizes_are_shown_for_people() -> None:
    """Rounded up, so that a file above the limit never looks as large as the limit."""
    sizes = (1, 812, 40_000, 10_000_000, 10_000_001, 61_234_567)
    assert [in_bytes(n) for n in sizes] == ["1 byte", "812 bytes", "0.1 MB", "10 MB", "10.1 MB", "61.3 MB"]


def test_an_index_of_nothing_is_still_refused() -> None:
    """Only files make an index."""
    with pytest.raises(DocumentError):
        PassageIndex.joined([])
