"""The reader: by hand where numbers can be, with the trained weights where only they can show it."""

import json
from pathlib import Path

import numpy as np
import pytest

from index import ModelError, PassageIndex, SentenceTransformerEmbedder
from index.generations import file_sha256
from retrieval import ask
from retrieval.model import build_model, forward, load_model, make_batch
from retrieval.reader import MANIFEST, READER_SETTING, WEIGHTS, Reading, _windows, load_reader, reader_for

TOWN = "The mill was built in 1820 by Anna Berg. It burnt down in 1911 and was never rebuilt."


def reading(start: list[float], end: list[float]) -> Reading:
    """Of a text "ab cd ef", one word piece for each word."""
    spans = np.array([(0, 2), (3, 5), (6, 8)], np.int32)
    return Reading(0.0, np.array(start, np.float32), np.array(end, np.float32), spans)


def test_the_likeliest_answer_by_hand() -> None:
    """It begins before it ends and lies inside the range asked for."""
    assert reading([-1, -5, -2], [-9, -1, -3]).best(0, 8) == (-2.0, (0, 5))
    assert reading([-1, -5, -2], [-9, -1, -3]).best(3, 8) == (-5.0, (6, 8))
    assert reading([-9, -9, -1], [-1, -9, -8]).best(0, 8)[1] == (6, 8)
    assert reading([0, 0, 0], [0, 0, 0]).best(2, 3) == (float("-inf"), (2, 3))


def test_windows_cover_a_long_text() -> None:
    """A short text is one window; of a long one every word piece is in some, neighbours overlapping."""
    assert list(_windows(10, 100)) == [(0, 10)]
    windows = list(_windows(500, 200))
    assert windows == [(0, 200), (136, 336), (272, 472), (408, 500)]


def test_the_weights_are_small_and_the_published_ones() -> None:
    """Below 10 MB, so that a Space takes them as they are; the manifest says what they are."""
    about = json.loads(MANIFEST.read_text(encoding="utf-8"))
    assert WEIGHTS.stat().st_size < 10_000_000
    assert about["sha256"] == file_sha256(WEIGHTS)
    assert "CC BY-SA 4.0" in about["licence"]


def test_other_weights_are_refused(tmp_path: Path) -> None:
    """A damaged file is named, never loaded."""
    damaged = tmp_path / "reader.safetensors"
    damaged.write_bytes(WEIGHTS.read_bytes()[:-1] + b"\x00")
    with pytest.raises(ModelError, match="SHA-256"):
        load_model("unused", damaged, json.loads(MANIFEST.read_text(encoding="utf-8"))["sha256"])


def test_other_models_are_not_read_with(fox_index: PassageIndex) -> None:
    """The reader goes with the packaged model only."""
    assert reader_for(fox_index) is None


@pytest.mark.model
def test_the_network_is_the_encoder_as_published() -> None:
    """Our shorter way through its layers ends where the library's own does, for texts of different lengths, too."""
    import torch

    model = build_model(SentenceTransformerEmbedder.packaged().folder).eval()
    batch = make_batch([([2040, 2003], [2103], [4231, 2001, 2328, 1012]), ([2043], [], [3000] * 30)], 101, 102)
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "token_type_ids")}
    with torch.inference_mode():
        states = model["encoder"](**inputs).last_hidden_state
        expected = model["span"](states)[..., 0], model["answers"](states[:, 0])[:, 0]
        start, _, answers = forward(model, batch)
    inside = batch["inside"]
    assert torch.allclose(start[inside], expected[0][inside], atol=1e-4)
    assert torch.allclose(answers, expected[1], atol=1e-4)


@pytest.mark.model
def test_it_finds_the_words_and_tells_what_is_not_said() -> None:
    """The year is read from the right sentence, and a question that the text does not answer gets lower odds."""
    reader = load_reader()
    built = reader.read("When was the mill built?", "Town: ", TOWN)
    _, (start, end) = built.best(0, len(TOWN))
    assert TOWN[start:end] == "1820"
    assert built.answers > reader.read("Who burnt the school down?", "Town: ", TOWN).answers


@pytest.mark.model
def test_a_long_passage_is_read_to_its_end() -> None:
    """The answer stands behind more than the reader reads at once."""
    text = "Nothing is said of it here, nor is there anything to see. " * 60 + TOWN
    found = load_reader().read("When was the mill built?", "Town: ", text)
    _, (start, end) = found.best(0, len(text))
    assert text[start:end] == "1820"


@pytest.mark.model
def test_the_answer_is_inside_the_highlight(seed_index: PassageIndex) -> None:
    """The few words that answer, as offsets into the document; none where it does not say."""
    first = ask("What is the drug trade worth?", passage_index=seed_index).citations[0]
    document = seed_index.documents[0]
    assert first.answer is not None
    assert "3.3 billion" in document.text[slice(*first.answer)]
    refused = ask("How do I bake sourdough bread?", passage_index=seed_index)
    assert [citation.answer for citation in refused.citations] == [None] * 3


@pytest.mark.model
def test_it_can_be_switched_off(seed_index: PassageIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """One setting; answers come as before, without the words that answer."""
    assert reader_for(seed_index) is not None
    monkeypatch.setenv(READER_SETTING, "off")
    answer = ask("What is the drug trade worth?", passage_index=seed_index)
    assert "EUR 3.3 billion" in answer.text
    assert answer.citations[0].answer is None
