"""Documents in other languages: what is found with the packaged model, and that another is one setting away."""

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
RUSSIAN = """# Портовая дорога

Дорога была построена купцами города в 1903 году, и с тех пор её дважды продлевали до самого маяка.

Трамвай ходит от ратуши до маяка каждые двенадцать минут, а зимой и по воскресеньям вдвое реже обычного.

Билет стоит четыре рубля; детский билет стоит два рубля, если ребёнку ещё не исполнилось десяти лет.

Собаки могут ехать только в последнем вагоне, на поводке и в наморднике, и только вместе с хозяином.
"""
CHINESE = """# 码头铁路

码头铁路由商会于1903年修建，当时只有三个车站，后来两次延长，一直通到海边的灯塔。

电车从市政厅开往灯塔，每十二分钟一班，冬天和星期日的班次要少一半。

车票四元，儿童车票两元；十岁以上的孩子要买成人车票，老人可以免费乘车。

狗只能乘坐最后一节车厢，必须系好绳子并戴上口罩，而且只能和主人一起乘车。
"""


def lit_sentences(text: str, *questions: str) -> list[str]:
    """What is lit in the first citation for each question, from an index with the model that the setting names."""
    passage_index = PassageIndex.build([Document("text.md", "text", text)])
    return [" ".join(ask(question, passage_index=passage_index).citations[0].quotes) for question in questions]


def test_german_is_found_by_the_packaged_model() -> None:
    """It has read little German, yet its word pieces and the words in common find the place."""
    wer, takt, preis, hunde = lit_sentences(
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


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (GREEK, {"Πότε φεύγει το πλοίο για το νησί;": "επτά", "η αγορα πουλαει μελι": "ελιές"}),
        (RUSSIAN, {"Кем построена дорога?": "купцами", "Сколько стоят детские билеты?": "два рубля"}),
        (CHINESE, {"码头铁路是谁建的？": "商会", "儿童车票多少钱？": "两元"}),
    ],
)
def test_other_scripts_are_found_by_their_letters(text: str, asked: dict[str, str]) -> None:
    """The packaged model has not read them; forms of a word, accents left out and words without blanks are found."""
    for question, expected in asked.items():
        [lit] = lit_sentences(text, question)
        assert expected in lit


def test_a_question_in_another_script_is_refused_where_nothing_matches() -> None:
    """Nothing in common: neither are the letters of different words alike, nor is it read."""
    passage_index = PassageIndex.build([Document("text.md", "text", RUSSIAN)])
    assert ask("Сколько стоит детский билет?", passage_index=passage_index).found
    assert not ask("Когда закончилась вторая мировая война?", passage_index=passage_index).found
    assert not ask("今天天气怎么样？", passage_index=passage_index).found


def test_a_model_for_another_language_is_one_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ASK_MODEL names a folder with a model that has Greek words: Greek questions are answered by it, offline."""
    folder = write_model(tmp_path / "greek-model", GREEK)
    monkeypatch.setenv(MODEL_SETTING, str(folder))
    assert SentenceTransformerEmbedder.locate().name.startswith(f"{folder}@")
    [ids] = [encoding.ids for encoding in SentenceTransformerEmbedder.locate().encode(["πλοίο φάρος"])]
    assert ids.max() < len(GREEK)  # its own words
    ship, market = lit_sentences(GREEK, "Πότε φεύγει το πλοίο για το νησί;", "Πού πουλάει η αγορά ψάρια;")
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
        initializer_range=0.02,
    )
    BertModel(config).save_pretrained(bare)
    BertTokenizerFast(str(vocabulary), strip_accents=False).save_pretrained(bare)
    transformer = Transformer(str(bare), max_seq_length=128)
    SentenceTransformer(modules=[transformer, Pooling(32)]).save(str(folder / "model"))
    return folder / "model"
