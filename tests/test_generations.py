"""The saved index when things go wrong: kills, damage, a full disk, a read-only folder, others at the same time.

What needs a process of its own is a function here that `in_process` calls in one, so that a new one need not be started
for every kill.
"""

import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Document, Encoding, PassageIndex, StoredIndexError, generations, open_index
from index.cache import BUILDING
from index.generations import LOCK, MANIFEST, POINTER, held
from retrieval import ask
from tests.test_store import same

from conftest import MEMORY, ROOT, ToyEmbedder

NOBODY = 65534
TOY = ToyEmbedder()
KEYS = ("files", "format", "model", "fingerprint", MANIFEST)


def small_and_large() -> list[PassageIndex]:
    """Two indexes that take turns in a folder."""
    texts = ["The red fox runs.", "# Places\n\nThe dog runs in Paris. The moon sleeps.\n\n" * 300]
    return [PassageIndex.build([Document("a.txt", "A", text)], embedder=TOY) for text in texts]


def in_process(call: str) -> subprocess.Popen[str]:
    """A call of a function of this file, in a process of its own; what it prints can be read."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-c", f"from tests import test_generations; test_generations.{call}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder that everybody may enter."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def generation_folders(folder: Path) -> list[Path]:
    return sorted(folder.glob("generation-*"))


# --- killed ----------------------------------------------------------------------------------------------------------


def save_for_ever(folder: str) -> None:
    """Save one index after the other."""
    indexes = small_and_large()
    while True:
        for passage_index in indexes:
            passage_index.save(folder)
            sys.stdout.write("saved\n")
            sys.stdout.flush()


def kill_at_random(folder: str, kills: int) -> None:
    """Kill saving processes at random moments; print how many left something half done. Raises where one did harm."""
    indexes = small_and_large()
    indexes[0].save(folder)
    began = time.monotonic()
    indexes[1].save(folder)
    seconds = time.monotonic() - began
    halves = 0
    for kill in range(kills):
        child = os.fork()
        if not child:
            while True:
                for passage_index in indexes:
                    passage_index.save(folder)
        time.sleep(random.Random(kill).uniform(0, 3 * seconds))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        loaded = PassageIndex.load(folder, embedder=TOY)
        assert any(same(loaded, passage_index) for passage_index in indexes)
        halves += len(generation_folders(Path(folder))) > 1
    sys.stdout.write(str(halves))


def test_fifty_kills_at_random_leave_a_whole_index(quick_folder: Path) -> None:
    """`kill -9` at any time of a save: one of the two indexes is there, whole, and the next save can be made."""
    with in_process(f"kill_at_random({str(quick_folder)!r}, 50)") as process:
        halves, _ = process.communicate()
    assert (process.returncode, int(halves) > 10) == (0, True)


def test_a_killed_holder_lets_go_of_its_lock(quick_folder: Path) -> None:
    """A process that dies while it builds or saves keeps no other one waiting."""
    with in_process(f"save_for_ever({str(quick_folder)!r})") as process:
        assert process.stdout
        process.stdout.readline()
        process.kill()
    with held(quick_folder, LOCK):
        assert (quick_folder / LOCK).exists()


# --- damaged ---------------------------------------------------------------------------------------------------------


def damage(files: dict[str, bytes], older: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """The files with one or two of them damaged at random. older: those of another index, under the same names."""
    names = sorted(files)
    for _ in range(chance.choice([1, 1, 2])):
        name, other = chance.sample(names, 2)
        content = files.get(name, b"")
        at = chance.randrange(len(content) + 1)
        match chance.choice(
            ["flip", "burst", "cut", "grow", "zero", "remove", "swap", "copy", "add", "older", "empty"]
        ):
            case "flip" if at < len(content):
                files[name] = content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]
            case "burst":
                files[name] = content[:at] + chance.randbytes(min(8, len(content) - at)) + content[at + 8 :]
            case "cut":
                files[name] = content[:at]
            case "grow":
                files[name] = content[:at] + chance.randbytes(3) + content[at:]
            case "zero":
                files[name] = bytes(len(content))
            case "remove":
                files.pop(name, None)
            case "swap":
                files[name], files[other] = files.get(other, b""), content
            case "copy":
                files[other] = content
            case "add":
                files[f"{Path(name).parent}/{chance.choice(['more.npy', 'manifest.json.new', '.hidden'])}"] = content
            case "older":
                files[name] = older[name]
            case "empty":
                files[name] = b""
    return files


def put(folder: Path, files: dict[str, bytes]) -> None:
    """Make these the files of a folder, and no others."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def files_of(folder: Path) -> dict[str, bytes]:
    """The content of each file of a saved index, the locks left out."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != LOCK)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_five_hundred_damages_are_refused_or_harmless(
    fox_index: PassageIndex, quick_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bits flipped, files cut, swapped, mixed with those of another index: a StoredIndexError, or the same answers."""
    monkeypatch.setattr("secrets.token_hex", lambda _: "0")  # both indexes have the same names, so that files can mix
    PassageIndex.build([Document("a.txt", "A", "The dog sleeps in Paris.")], embedder=TOY).save(quick_folder / "older")
    fox_index.save(quick_folder / "kept")
    older, files = files_of(quick_folder / "older"), files_of(quick_folder / "kept")
    answer = ask("Who runs?", passage_index=fox_index)
    refused = 0
    for turn in range(500):
        harmed = damage(dict(files), older, random.Random(turn))
        put(quick_folder / "kept", harmed)
        try:
            loaded = PassageIndex.load(quick_folder / "kept", embedder=TOY)
        except StoredIndexError:
            refused += 1
            continue
        assert same(loaded, fox_index), turn
        assert ask("Who runs?", passage_index=loaded) == answer, turn
    assert 400 < refused < 500


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_a_foreign_manifest_is_refused(content: object) -> None:
    """Any JSON under the right hash is a StoredIndexError, whatever names and values it has."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        generation = Path(folder, "generation-0")
        generation.mkdir()
        manifest = json.dumps(content)
        (generation / MANIFEST).write_text(manifest)
        Path(folder, POINTER).write_text(f"generation-0 {hashlib.sha256(manifest.encode()).hexdigest()}")
        with pytest.raises(StoredIndexError):
            PassageIndex.load(folder, embedder=TOY)


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_pointer_is_refused(content: bytes) -> None:
    """Whatever stands in the pointer file, nothing but a StoredIndexError comes of it."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        Path(folder, POINTER).write_bytes(content)
        with pytest.raises(StoredIndexError):
            PassageIndex.load(folder, embedder=TOY)


# --- no room, no right to write ---------------------------------------------------------------------------------------


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process can grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def plain_user() -> Iterator[None]:
    """Let modes of files hold for root too."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_full_disk_at_any_byte_leaves_the_old_index(quick_folder: Path, tmp_path: Path) -> None:
    """Wherever a save runs out of room, it says so, and what was saved before stays."""
    small, large = small_and_large()
    small.save(quick_folder)
    large.save(tmp_path)
    for size in sorted({len(content) - 1 for content in files_of(tmp_path).values()}):
        with full_disk(size), pytest.raises(OSError, match="too large"):
            large.save(quick_folder)
        assert same(PassageIndex.load(quick_folder, embedder=TOY), small)
        assert len(generation_folders(quick_folder)) == 1
    large.save(quick_folder)
    assert same(PassageIndex.load(quick_folder, embedder=TOY), large)


@pytest.fixture
def page(quick_folder: Path) -> Path:
    """A folder with one document."""
    (quick_folder / "docs").mkdir()
    (quick_folder / "docs" / "a.txt").write_text("The red fox runs.")
    return quick_folder / "docs"


def test_a_full_disk_does_not_keep_the_index_from_being_used(
    page: Path, quick_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Built and not saved, it answers; the log says why the next start builds it again."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(quick_folder / "cache"))
    with full_disk(100):
        passage_index = open_index(page, quick_folder / "kept", embedder=TOY)
    assert ask("Who runs?", passage_index=passage_index).citations
    assert caplog.text.count("could not be saved") == 2
    assert not generation_folders(quick_folder / "kept")


def test_a_read_only_folder_is_read_and_another_one_written(
    page: Path, quick_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to date, it serves without a lock; outdated, the user's cache takes the new index and the old one stays."""
    kept, cache = quick_folder / "kept", quick_folder / "cache"
    cache.mkdir(mode=0o777)
    cache.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    first = open_index(page, kept, embedder=TOY)
    for path in (kept, *kept.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = files_of(kept)
    with plain_user():
        with pytest.raises(PermissionError):
            first.save(kept)
        assert same(open_index(page, kept, embedder=TOY), first)
        assert not [*cache.iterdir()]
    (page / "a.txt").write_text("The blue fox sleeps.")
    with plain_user():
        assert open_index(page, kept, embedder=TOY).documents[0].text == "The blue fox sleeps."
    assert files_of(kept) == before
    assert [*cache.rglob(POINTER)]


def test_what_cannot_be_removed_is_removed_later(fox_index: PassageIndex, quick_folder: Path) -> None:
    """An old generation that the system holds on to does not fail a save; the next save removes it."""
    quick_folder.chmod(0o777)
    with plain_user():
        fox_index.save(quick_folder)
        (old,) = generation_folders(quick_folder)
        old.chmod(0o555)
        fox_index.save(quick_folder)
        assert old in generation_folders(quick_folder)
        assert same(PassageIndex.load(quick_folder, embedder=TOY), fox_index)
        old.chmod(0o755)
        fox_index.save(quick_folder)
        assert len(generation_folders(quick_folder)) == 1
        shutil.rmtree(quick_folder, ignore_errors=True)


# --- others at the same time ------------------------------------------------------------------------------------------


def test_reading_while_another_process_saves_never_fails(quick_folder: Path) -> None:
    """Each time the old index or the new one, whole, though generations go while they are read."""
    indexes = small_and_large()
    with in_process(f"save_for_ever({str(quick_folder)!r})") as process:
        try:
            assert process.stdout
            process.stdout.readline()
            found = [PassageIndex.load(quick_folder, embedder=TOY) for _ in range(100)]
        finally:
            process.kill()
    assert {next(n for n, index in enumerate(indexes) if same(index, loaded)) for loaded in found} == {0, 1}


def test_an_open_index_outlives_its_files(fox_index: PassageIndex, quick_folder: Path) -> None:
    """What was opened goes on answering when another process has saved a new one and removed the old."""
    fox_index.save(quick_folder)
    opened = PassageIndex.load(quick_folder, embedder=TOY)
    small_and_large()[0].save(quick_folder)
    assert ask("Who is in Paris?", passage_index=opened) == ask("Who is in Paris?", passage_index=fox_index)


class SlowEmbedder(ToyEmbedder):
    """Takes its time, so that processes started together meet."""

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        time.sleep(0.5)
        return super().encode(texts)


def open_and_say(page: str, folder: str) -> None:
    """Open an index as a starting process does; print whether it was built here."""
    calls: list[int] = []
    open_index(page, folder, embedder=SlowEmbedder(), progress=lambda done, _: calls.append(done))
    sys.stdout.write("built" if calls else "read")


def test_processes_that_start_at_once_build_once(page: Path, quick_folder: Path) -> None:
    """One builds, the others wait for it and read what it saved."""
    call = f"open_and_say({str(page)!r}, {str(quick_folder / 'kept')!r})"
    processes = [in_process(call) for _ in range(3)]
    assert sorted(process.communicate()[0].strip() for process in processes) == ["built", "read", "read"]


def test_who_waits_says_so(
    page: Path, quick_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A start that takes long because another process builds is explained in the log, and ends with that process."""
    monkeypatch.setattr(generations, "POLL", 0.001)
    kept = quick_folder / "kept"
    kept.mkdir()
    opening = Thread(target=open_index, args=(page, kept), kwargs={"embedder": TOY})
    with held(kept, BUILDING):
        opening.start()
        while "Another process" not in caplog.text:
            time.sleep(0.01)
        assert not (kept / POINTER).exists()
    opening.join(30)
    assert (kept / POINTER).exists()
    assert caplog.text.count("waiting until it is done") == 1
