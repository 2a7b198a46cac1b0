"""The index: its tables computed by hand, FAISS against numpy, and a folder on disk that is whole or refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index import Document, DocumentError, PassageIndex, StoredIndexError, passages, store, unit_rows
from index.generations import LOCK, POINTER, read_generation, read_manifest, save_generation
from index.store import Tables, fingerprint

from conftest import DIM, ROOT, WORDS, ToyEmbedder, same


def test_tables_by_hand(fox_index: PassageIndex, foxes: Document) -> None:
    """Passages, sentences and word pieces are numbered in reading order; titles and headings are kept apart."""
    tables = fox_index.tables
    assert tables.passages.tolist() == [[0, 0, 1, 0, 0], [0, 1, 1, 2, 1], [0, 2, 1, 3, 2]]
    quotes = [foxes.text[start:end] for start, end, _ in tables.sentences.tolist()]
    assert quotes == ["The red fox runs.", "The blue fox sleeps.", "The dog runs in Paris.", "The moon sleeps."]
    assert tables.sentences[:, 2].tolist() == [0, 4, 8, 13]
    words = "the red fox runs the blue fox sleeps the dog runs in paris the moon sleeps".split()
    assert [WORDS[piece] for piece in tables.pieces.tolist()] == words
    assert fox_index.sections == (("Colours",), ("Places",), ("Sky",))
    assert tables.headings.tolist() == [0, 2, 4, 6]  # "Foxes, Colours", and so on
    assert len(tables.heading_vectors) == len(tables.heading_pieces) == 6
    assert fox_index.lengths.tolist() == [8, 5, 3]


def test_postings_by_hand(fox_index: PassageIndex) -> None:
    """The inverted index tells which passages hold a word, and how often; none for a word nobody used."""
    held = {word: [x.tolist() for x in fox_index.holding(WORDS.index(word))] for word in ("fox", "the", "crimson")}
    assert held == {"fox": [[0], [2]], "the": [[0, 1, 2], [2, 1, 1]], "crimson": [[], []]}
    assert [x.tolist() for x in fox_index.holding(999_999)] == [[], []]


def test_nearest_agrees_with_numpy(fox_index: PassageIndex) -> None:
    """FAISS finds the passages of the highest inner product with their normalised mean token vector."""
    stops = np.cumsum(fox_index.lengths)[:-1]
    means = unit_rows(np.array([rows.mean(axis=0) for rows in np.split(fox_index.tables.vectors, stops)], np.float32))
    for vector in np.random.default_rng(0).normal(size=(20, DIM)).astype(np.float32):
        assert fox_index.nearest(vector, 2).tolist() == np.argsort(-(means @ vector))[:2].tolist()


def test_nearest_never_pads(fox_index: PassageIndex) -> None:
    """Asked for more passages than there are, it gives each once."""
    assert sorted(fox_index.nearest(np.ones(DIM, np.float32), 99).tolist()) == [0, 1, 2]


def test_a_passage_knows_its_place(fox_index: PassageIndex, foxes: Document) -> None:
    """A passage comes back with the section, paragraph and offsets it was cut with."""
    passage = fox_index.passage(1)
    assert (passage.section, passage.paragraph) == (("Places",), 1)
    assert fox_index.document(1).text[passage.start : passage.end] == "The dog runs in Paris."


def test_progress_ends_at_the_total(foxes: Document, toy: ToyEmbedder) -> None:
    """Progress is reported in windows and ends with all of them done."""
    calls: list[tuple[int, int]] = []
    PassageIndex.build([foxes], embedder=toy, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(3, 3)]


def test_many_windows_are_all_there(toy: ToyEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoding in several rounds changes nothing but the number of reports."""
    document = Document("d", "T", "".join(f"# S{n}\n\nThe red fox runs {n}.\n\n" for n in range(10)))
    whole = PassageIndex.build([document], embedder=toy)
    monkeypatch.setattr(store, "CHUNK", 3)
    calls: list[tuple[int, int]] = []
    rounds = PassageIndex.build([document], embedder=toy, progress=lambda done, total: calls.append((done, total)))
    assert same(whole, rounds)
    assert calls == [(3, 10), (6, 10), (9, 10), (10, 10)]


def test_building_in_steps_tells_the_total_first(foxes: Document, toy: ToyEmbedder) -> None:
    """Whoever steps through knows how much there is before anything is encoded, and may leave it there."""
    assert next(PassageIndex.building([foxes], toy)) == (0, 3)


def test_joined_is_as_built(foxes: Document, toy: ToyEmbedder) -> None:
    """Documents embedded apart make the same index as documents embedded together, in any order, some left out."""
    blank = Document("blank.txt", "Blank", "")
    other = Document("b.txt", "B", "# Places\n\nThe red dog sleeps. Paris runs.\n\n# End\n\nThe moon.")
    both = PassageIndex.build([foxes, blank, other], embedder=toy)
    alone = PassageIndex.build([other], embedder=toy)
    assert same(PassageIndex.joined([(both, 0), (both, 1), (alone, 0)]), both)
    assert same(PassageIndex.joined([(alone, 0), (both, 0)]), PassageIndex.build([other, foxes], embedder=toy))
    assert same(PassageIndex.joined([(both, 2)]), alone)
    moon = np.eye(DIM, dtype=np.float32)[WORDS.index("moon")]
    assert PassageIndex.joined([(both, 0), (both, 2)]).nearest(moon, 2).tolist() == both.nearest(moon, 2).tolist()


def test_more_than_memory_holds_goes_to_a_file(
    foxes: Document, fox_index: PassageIndex, toy: ToyEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vectors that were too many for memory while they were joined are those of an index held in memory."""
    monkeypatch.setattr("index.rows.IN_MEMORY", 100)
    built = PassageIndex.build([foxes], embedder=toy)
    assert isinstance(built.tables.vectors, np.memmap)
    assert same(built, fox_index)
    assert same(PassageIndex.joined([(built, 0)]), fox_index)
    built.save(tmp_path)
    assert same(PassageIndex.load(tmp_path, embedder=toy), fox_index)


def test_joining_nothing_is_refused(fox_index: PassageIndex) -> None:
    """An index holds at least one document, and each once."""
    with pytest.raises(DocumentError, match="no document"):
        PassageIndex.joined([])
    with pytest.raises(DocumentError, match="Two documents"):
        PassageIndex.joined([(fox_index, 0), (fox_index, 0)])


def test_two_documents_with_one_id_are_refused(toy: ToyEmbedder) -> None:
    """Citations name documents by id, so each id may be used once."""
    with pytest.raises(DocumentError, match="Two documents have the id 'a'"):
        PassageIndex.build([Document("a", "A", "One."), Document("a", "B", "Two.")], embedder=toy)


@pytest.mark.parametrize("documents", [[], [Document("a", "A", " \n ")]])
def test_no_text_is_refused(documents: list[Document], toy: ToyEmbedder) -> None:
    """An index over nothing cannot be built."""
    with pytest.raises(DocumentError, match="hold no text"):
        PassageIndex.build(documents, embedder=toy)


@pytest.mark.parametrize("text", ["The red fox runs.", "\u200b\u200d", "🦊 🦊", "a\r\nb\u00a0c"])
def test_save_and_load_give_the_same_index(text: str, toy: ToyEmbedder, tmp_path: Path) -> None:
    """What was saved comes back equal, also for a text without any token, and answers searches alike."""
    built = PassageIndex.build([Document("a", "A", text), Document("b", "é\r\n", "The dog.")], embedder=toy)
    built.save(tmp_path / "deep" / "folder")
    loaded = PassageIndex.load(tmp_path / "deep" / "folder", embedder=toy)
    assert same(built, loaded)
    vector = np.ones(DIM, np.float32)
    assert built.nearest(vector, 9).tolist() == loaded.nearest(vector, 9).tolist()


def test_saving_again_leaves_one_generation(fox_index: PassageIndex, toy: ToyEmbedder, tmp_path: Path) -> None:
    """Old generations are removed, and so is what a killed save left behind."""
    (tmp_path / "generation-left-by-a-kill").mkdir()
    for _ in range(3):
        fox_index.save(tmp_path)
    assert len([*tmp_path.glob("generation-*")]) == 1
    assert same(PassageIndex.load(tmp_path, embedder=toy), fox_index)


def saved_files(folder: Path) -> list[str]:
    """The names of all files of a saved index, the lock left out."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name != LOCK)


@pytest.mark.parametrize("harm", ["flip", "cut", "append", "remove"])
def test_damage_to_any_file_is_refused(harm: str, fox_index: PassageIndex, toy: ToyEmbedder, tmp_path: Path) -> None:
    """One changed, missing or additional byte in any file, or a missing file, is a StoredIndexError."""
    fox_index.save(tmp_path)
    names = saved_files(tmp_path)
    assert len(names) == len(Tables.__slots__) + 6  # documents, sections, words, FAISS, manifest, pointer
    for name in names:
        path = tmp_path / name
        content = path.read_bytes()
        middle = len(content) // 2
        harmed = {
            "flip": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "cut": content[:middle],
            "append": content + b"0",
        }
        path.write_bytes(harmed[harm]) if harm in harmed else path.unlink()
        with pytest.raises(StoredIndexError):
            PassageIndex.load(tmp_path, embedder=toy)
        path.write_bytes(content)
    assert same(PassageIndex.load(tmp_path, embedder=toy), fox_index)


def test_what_is_no_index_is_refused(toy: ToyEmbedder, tmp_path: Path) -> None:
    """A missing folder, an empty one, a file, and foreign content each give a message that says what to do."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("hello")
    for name, pointer in (("words", "hello"), ("binary", "\udcff"), ("outside", "../empty 0"), ("away", "/etc 0")):
        (tmp_path / name).mkdir()
        (tmp_path / name / POINTER).write_text(pointer, errors="surrogateescape")
    for name in ("missing", "empty", "file", "words", "binary", "outside", "away"):
        with pytest.raises(StoredIndexError, match="build the index again"):
            PassageIndex.load(tmp_path / name, embedder=toy)


def test_another_model_is_refused(fox_index: PassageIndex, other_toy: ToyEmbedder, tmp_path: Path) -> None:
    """Vectors of different models are never compared."""
    fox_index.save(tmp_path)
    with pytest.raises(StoredIndexError, match="saved with model 'toy', expected 'other toy'"):
        PassageIndex.load(tmp_path, embedder=other_toy)


def test_another_format_is_refused(
    fox_index: PassageIndex, toy: ToyEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder written by another version of the format is not read."""
    fox_index.save(tmp_path)
    monkeypatch.setattr(store, "FORMAT", store.FORMAT + 1)
    with pytest.raises(StoredIndexError, match=f"saved with format {store.FORMAT - 1}, expected {store.FORMAT}"):
        PassageIndex.load(tmp_path, embedder=toy)


def test_a_failed_save_leaves_the_old_index(fox_index: PassageIndex, toy: ToyEmbedder, tmp_path: Path) -> None:
    """A save that fails after any number of files changes nothing and leaves nothing behind."""
    fox_index.save(tmp_path)
    before = saved_files(tmp_path)
    for files in range(4):

        def write(folder: Path, files: int = files) -> None:
            for n in range(files):
                (folder / f"{n}.json").write_text("{}")
            raise OSError("no space left")

        with pytest.raises(OSError, match="no space left"):
            save_generation(tmp_path, write, {})
        assert saved_files(tmp_path) == before
    assert same(PassageIndex.load(tmp_path, embedder=toy), fox_index)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_interrupt_at_any_step_leaves_a_whole_index(
    call: str, fox_index: PassageIndex, toy: ToyEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped at any call that reaches the disk, a save has happened or has not."""
    fox_index.save(tmp_path)
    original, steps = getattr(os, call), 0
    for stop in range(100):
        calls = iter(range(stop))

        def counted(*arguments: object, calls: object = calls) -> None:
            if next(calls, None) is None:  # type: ignore[call-overload]
                raise KeyboardInterrupt
            original(*arguments)

        monkeypatch.setattr(os, call, counted)
        try:
            fox_index.save(tmp_path)
            break
        except KeyboardInterrupt:
            steps += 1
        finally:
            monkeypatch.setattr(os, call, original)
        assert same(PassageIndex.load(tmp_path, embedder=toy), fox_index)
        assert len([*tmp_path.glob("generation-*")]) == 1
    assert steps == {"fsync": len(Tables.__slots__) + 8, "replace": 1}[call]


SAVER = """
import sys
from pathlib import Path
from index.generations import save_generation

def write(folder):
    for n in range(4):
        (folder / f"{n}.bin").write_bytes(sys.argv[2].encode() * 100_000)

for turn in range(int(sys.argv[3])):
    save_generation(Path(sys.argv[1]), write, {"by": sys.argv[2]})
    print(turn, flush=True)
"""


def saver(folder: Path, name: str, turns: int) -> subprocess.Popen[str]:
    """Another process that saves again and again and says so each time."""
    command = [sys.executable, "-c", SAVER, str(folder), name, str(turns)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_two_processes_saving_at_once_take_turns(tmp_path: Path) -> None:
    """Neither sweeps away what the other is writing; in the end one of the two is there, whole."""
    with saver(tmp_path, "a", 30) as one, saver(tmp_path, "b", 30) as other:
        assert [one.wait(), other.wait()] == [0, 0]
    assert read_generation(tmp_path, lambda _, manifest: manifest["by"]) in "ab"
    assert len([*tmp_path.glob("generation-*")]) == 1


def test_the_saved_files_can_be_read_by_others(fox_index: PassageIndex, tmp_path: Path) -> None:
    """Files follow the umask, so an index built by one user serves another; texts are plain JSON."""
    before = os.umask(0o022)
    try:
        fox_index.save(tmp_path / "index")
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "index").rglob("*")}
    assert modes == {0o755, 0o644}
    (generation,) = (tmp_path / "index").glob("generation-*")
    assert json.loads((generation / "documents.json").read_text(encoding="utf-8"))[0]["title"] == "Foxes"


def test_the_manifest_says_what_is_saved(fox_index: PassageIndex, foxes: Document, tmp_path: Path) -> None:
    """Format, model, settings, and a hash for each document and for each file."""
    fox_index.save(tmp_path)
    _, manifest = read_manifest(tmp_path)
    assert list(manifest) == ["documents", "files", "fingerprint", "format", "made_by", "model", "settings"]
    assert (manifest["format"], manifest["model"]) == (store.FORMAT, "toy")
    assert manifest["settings"]["MAX_PASSAGE"] == passages.MAX_PASSAGE
    assert {"manifest.json", *manifest["files"]} == {path.name for path in tmp_path.glob("generation-*/*")}
    PassageIndex.build([Document(foxes.id, foxes.title, foxes.text + " ")], embedder=fox_index.embedder).save(tmp_path)
    assert read_manifest(tmp_path)[1]["documents"].keys() == manifest["documents"].keys() == {foxes.id}
    assert read_manifest(tmp_path)[1]["documents"] != manifest["documents"]


def test_the_fingerprint_changes_with_everything_an_index_depends_on(
    foxes: Document, toy: ToyEmbedder, other_toy: ToyEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same documents, model and settings: same fingerprint; any other: another."""
    first = fingerprint([foxes], toy)
    assert fingerprint([Document(foxes.id, foxes.title, foxes.text)], toy) == first
    others = [
        fingerprint([], toy),
        fingerprint([foxes, Document("b", "B", "B")], toy),
        fingerprint([Document(foxes.id, foxes.title, foxes.text + " ")], toy),
        fingerprint([Document(foxes.id, "F", foxes.text)], toy),
        fingerprint([foxes], other_toy),
    ]
    monkeypatch.setattr("index.passages.MAX_PASSAGE", 7)
    others.append(fingerprint([foxes], toy))
    assert len({first, *others}) == 7
