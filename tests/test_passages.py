"""Passages: whole sentences of one section, read at a glance; windows: what the encoder reads at once."""

from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document
from index.passages import MAX_HEADING, MAX_PASSAGE, MAX_WINDOW, SHORT_PARAGRAPH, Passage, cut_windows
from index.structure import Span, read_structure

SENTENCE = "The quick brown fox jumps over the lazy dog while the old grey cat looks on."


def cut(text: str, title: str = "T") -> list[Passage]:
    """The passages of a text, all windows together."""
    return [passage for window in cut_windows(Document("d", title, text)) for passage in window.passages]


def texts(text: str) -> list[str]:
    """What the passages of a text say."""
    return [text[passage.start : passage.end] for passage in cut(text)]


@given(
    st.lists(
        st.sampled_from(["# Fox\n\n", SENTENCE, "Yes. ", "No!\r\n", "\n\n", "é́ 🦊. ", "שלום. ", "- dog\n", "1. moon\n"])
        | st.text(max_size=20),
        max_size=30,
    ).map("".join)
)
def test_every_sentence_is_in_exactly_one_passage(text: str) -> None:
    """Passages hold just the sentences of the structure, in order, whatever the text."""
    sentences = [s for section in read_structure(text) for p in section.paragraphs for s in p.sentences]
    assert [s for passage in cut(text) for s in passage.sentences] == sentences


@given(st.lists(st.integers(1, 14), min_size=1, max_size=8))
def test_passages_stay_short(paragraphs: list[int]) -> None:
    """No passage is longer than MAX_PASSAGE and no window than MAX_WINDOW while no sentence is longer than either."""
    text = "\n\n".join(" ".join([SENTENCE] * count) for count in paragraphs)
    windows = cut_windows(Document("d", "T", text))
    assert max(p.end - p.start for window in windows for p in window.passages) <= MAX_PASSAGE
    assert max(window.end - window.start for window in windows) <= MAX_WINDOW


def test_a_passage_never_crosses_a_section() -> None:
    """A short paragraph under one heading is not joined with one under the next heading."""
    passages = cut("# One\n\nA red fox.\n\n# Two\n\nA blue dog.\n")
    assert [(p.section, p.paragraph) for p in passages] == [(("One",), 1), (("Two",), 1)]


def test_a_short_paragraph_shares_a_passage() -> None:
    """A paragraph of fewer than SHORT_PARAGRAPH characters is shown with its neighbour, numbered as the first one."""
    short, long = "It was so.", " ".join([SENTENCE] * 3)
    assert len(short) < SHORT_PARAGRAPH <= len(long)
    assert texts(f"{long}\n\n{short}\n\n{long}") == [f"{long}\n\n{short}", long]
    assert [p.paragraph for p in cut(f"{long}\n\n{short}\n\n{long}")] == [1, 3]


def test_a_list_stays_with_what_announces_it() -> None:
    """With the whole paragraph before it where both fit into a passage, else with its last sentence."""
    items = "\n".join(f"- {SENTENCE}" for _ in range(3))
    assert texts(f"{SENTENCE} {SENTENCE} These are not:\n\n{items}") == [
        f"{SENTENCE} {SENTENCE} These are not:\n\n{items}"
    ]
    long = " ".join([SENTENCE] * 8)
    assert texts(f"{long} These are not:\n\n{items}") == [long, f"These are not:\n\n{items}"]


def test_a_question_stays_with_what_follows() -> None:
    """In a talk the next turn answers: both are one passage, or the asking turn, else its question, moves along."""
    short, turn, long = f"A: {SENTENCE}", f"A: {SENTENCE} And when?", " ".join([SENTENCE] * 8)
    assert texts(f"{turn}\n\nB: {SENTENCE} {SENTENCE}") == [f"{turn}\n\nB: {SENTENCE} {SENTENCE}"]
    assert texts(f"{SENTENCE * 4}\n\n{short} And when?\n\nB: {long}") == [
        SENTENCE * 4,
        f"{short} And when?\n\nB: {long}",
    ]
    assert texts(f"{long} And when?\n\n{long}") == [long, f"And when?\n\n{long}"]


def test_a_long_paragraph_is_cut_evenly() -> None:
    """A paragraph slightly above the limit becomes two halves, not one full passage and a stump."""
    count = MAX_PASSAGE // len(SENTENCE) + 2
    first, second = texts(" ".join([SENTENCE] * count))
    assert abs(len(first) - len(second)) <= len(SENTENCE) + 1


def test_wide_letters_fill_a_passage_twice_as_soon() -> None:
    """Chinese says in a letter what English says in two and more."""
    fox, length = "敏捷的棕色狐狸跳过那只懒惰的狗。", 16
    [whole] = texts(fox * (MAX_PASSAGE // 2 // length))
    assert len(texts(fox * (MAX_PASSAGE // 2 // length + 1))) == 2
    assert len(whole) > MAX_PASSAGE // 2 - length
    short = fox * (SHORT_PARAGRAPH // 2 // length)
    assert len(texts(f"{short}\n\n{short}")) == 1
    assert len(texts(f"{short}{fox}\n\n{short}{fox}")) == 2


def test_a_passage_starts_and_ends_with_its_sentences() -> None:
    """start and end are those of the first and the last sentence."""
    passage = Passage(("A",), 1, (Span(3, 9), Span(10, 20)))
    assert (passage.start, passage.end) == (3, 20)


def test_the_encoder_reads_title_and_headings_once() -> None:
    """A window's heading names title and sections, outermost first, none of them twice."""
    document = Document("d", "Cats", "# Cats\n\n## Food\n\nThey eat fish.\n")
    assert [window.heading for window in cut_windows(document)] == ["Cats, Food: "]


def test_a_huge_title_does_not_crowd_out_the_text() -> None:
    """At most MAX_HEADING characters of title and headings are read with each window."""
    [window] = cut_windows(Document("d", "x" * 100_000, "They eat fish."))
    assert window.heading == "x" * MAX_HEADING + ": "
