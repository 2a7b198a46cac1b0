"""Documents in other languages: what the packaged model makes of them, and that another model is one setting away."""

from pathlib import Path

import pytest

from index import Document, PassageIndex, SentenceTransformerEmbedder
from index.embed import MODEL_SETTING
from retrieval import ask

pytestmark = pytest.mark.model

GERMAN = """# Die Hafenbahn

Die Bahn wurde im Jahr 1903 von der Kaufmannschaft gebaut.

Sie fährt alle zwölf Minuten vom Rathaus bis zum Leuchtturm.

Eine Fahrkarte kostet zwei Euro, für Kinder die Hälfte.

Hunde dürfen nur im letzten Wagen mitfahren.
"""
GREEK = """# Το λιμάνι

Ο φάρος χτίστηκε από γρανίτη πριν από διακόσια χρόνια.

Το πλοίο για το νησί φεύγει κάθε πρωί στις επτά.

Η αγορά πουλάει ψάρια, ελιές και μέλι.
"""


def first_passages(text: str, *questions: str) -> list[str]:
    """The first citation's text for each question, from an index with the model that the setting names."""
    passage_index = PassageIndex.build([Document("text.md", "text", text)])
    return [ask(question, passage_index=passage_index).citations[0].text for question in questions]


def test_german_is_found_by_the_packaged_model() -> None:
    """It has read little German, yet its word pieces and the words in common find the place."""
    wer, takt, preis, hunde = first_passages(
        GERMAN,
        "Wer hat die Bahn gebaut?",
        "Wie oft fährt die Bahn zum Leuchtturm?",
        "Was kostet eine Fahrkarte für Kinder?",
        "Wo dürfen Hunde mitfahren?",
    )
    assert "Kaufmannschaft" in wer
    assert "zwölf Minuten" in takt
    assert "zwei Euro" in preis
    assert "letzten Wagen" in hunde


def test_a_model_for_another_language_is_one_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ASK_MODEL names a folder with a model that has Greek words: Greek questions are answered by it, offline."""
    folder = write_model(tmp_path / "greek-model", GREEK)
    monkeypatch.setenv(MODEL_SETTING, str(folder))
    assert SentenceTransformerEmbedder.locate().name.startswith(f"{folder}@")
    [ids] = [encoding.ids for encoding in SentenceTransformerEmbedder.locate().encode(["πλοίο φάρος"])]
    assert len(ids) == 2  # whole words, where the packaged model has only letters
    ship, market = first_passages(GREEK, "Πότε φεύγει το πλοίο για το νησί;", "Πού πουλάει η αγορά ψάρια;")
    assert "κάθε πρωί στις επτά" in ship
    assert "ελιές και μέλι" in market


def write_model(folder: Path, text: str) -> Path:
    """A sentence-transformers model of a few weights that has the words of a text, untrained."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = sorted({word.strip(".,;#").lower() for word in text.split()} - {""})
    bare, vocabulary = folder / "bare", folder / "vocab.txt"
    bare.mkdir(parents=True)
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]), encoding="utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words) + 5,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=1.0,
    )
    BertModel(config).save_pretrained(bare)
    BertTokenizerFast(str(vocabulary), strip_accents=False).save_pretrained(bare)
    transformer = Transformer(str(bare), max_seq_length=128)
    SentenceTransformer(modules=[transformer, Pooling(32)]).save(str(folder / "model"))
    return folder / "model"
