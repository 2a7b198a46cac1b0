"""One text in every format: the same answers, and what can be read is read when something else cannot."""

from pathlib import Path

import pytest

from index import Document, DocumentError, Part, PassageIndex, SentenceTransformerEmbedder, read_each
from retrieval import ask

from conftest import ToyEmbedder
from papers import write_all

BOOK = [
    ("title", "Gull Rock Lighthouse"),
    ("paragraph", "Gull Rock is a small island of granite, four miles off the northern coast. Nobody lives there now."),
    ("heading", "Building the tower"),
    (
        "paragraph",
        "The harbour board voted for a tower in the spring of 1821, after three ships were lost in one night. Work "
        "began the next year under the engineer Hannah Price. Stone was cut on the mainland and shipped in barges, "
        "since the granite of the island splits in frost.",
    ),
    (
        "paragraph",
        "The tower cost 14,200 pounds, nearly twice what had been planned. Half of the money came from a toll on coal "
        "ships, the rest was lent by a bank in the city.",
    ),
    ("heading", "The lamp"),
    (
        "paragraph",
        "At first the lamp burned whale oil, and a boy had to trim its wicks every two hours. Paraffin replaced it in "
        "1868. A lens made in Paris sent the beam as far as twenty-one miles in clear weather.",
    ),
    (
        "paragraph",
        "In fog a bell was rung by hand until a steam horn was installed. Farmers on the coast complained that the "
        "horn frightened their cattle, and it was turned towards the sea.",
    ),
    ("heading", "The keepers"),
    (
        "paragraph",
        "Four families lived on the island at a time. Each keeper served three years and then had one year ashore. "
        "Supplies came once a fortnight, when the sea allowed a boat to land at the eastern steps.",
    ),
    ("item", "The head keeper wrote the log and was paid 90 pounds a year."),
    ("item", "The assistants polished the lens each morning with vinegar."),
    ("item", "Children were taught by the head keeper's wife in the oil store."),
    ("heading", "After the keepers"),
    (
        "paragraph",
        "The light became automatic in 1983, and the last keeper, Tom Aldous, left on the second of May. Since then "
        "batteries charged by the sun feed the lamp. A trust looks after the buildings and rents out two rooms in "
        "summer.",
    ),
    ("row", "Year | Visitors"),
    ("row", "2019 | 1,940"),
]
QUESTIONS = [
    "When did the board decide to build a tower?",
    "Who was the engineer?",
    "How much did the tower cost?",
    "What did the lamp burn at first?",
    "How far could the beam be seen?",
    "Why was the horn turned towards the sea?",
    "How often did supplies come?",
    "What was used to polish the lens?",
    "Who was the last keeper?",
    "Who looks after the buildings now?",
]


@pytest.mark.model
def test_every_format_gives_the_same_first_passage(tmp_path: Path, model: SentenceTransformerEmbedder) -> None:
    """The same text as .txt, .html, .docx and .pdf: the same words come first for 9 of 10 questions at least."""
    firsts = []
    for path in write_all(tmp_path, "rock", BOOK):
        [(_, document)] = read_each([path])
        assert isinstance(document, Document)
        assert document.title == "Gull Rock Lighthouse"
        passage_index = PassageIndex.build([document], embedder=model)
        answers = [ask(question, passage_index=passage_index) for question in QUESTIONS]
        firsts.append([" ".join(answer.citations[0].text.replace("- ", "").split()) for answer in answers])
        pages = {citation.page for answer in answers for citation in answer.citations}
        assert (pages == {None}) == (path.suffix != ".pdf")
    for other in firsts[1:]:
        assert sum(a == b for a, b in zip(firsts[0], other, strict=True)) >= 9


def test_good_files_are_read_beside_bad_ones(tmp_path: Path) -> None:
    """Each file comes with its document or its error, in order, those of folders too."""
    (tmp_path / "deep").mkdir()
    for name, data in {"deep/b.pdf": b"no", "deep/a.html": b"<p>Hi.", "c.txt": b"Hello.", "d.rtf": b"{}"}.items():
        (tmp_path / name).write_bytes(data)
    paths = [tmp_path / "c.txt", tmp_path / "d.rtf", tmp_path / "none.txt", tmp_path / "deep"]
    found = [(path.name, found.id if isinstance(found, Document) else str(found)) for path, found in read_each(paths)]
    assert [name for name, _ in found] == ["c.txt", "d.rtf", "none.txt", "a.html", "b.pdf"]
    assert [found[0][1], found[3][1]] == ["c.txt", "a.html"]
    for number, message in ((1, "d.rtf is a Rich Text"), (2, "does not exist"), (4, "b.pdf is no PDF")):
        assert message in found[number][1]


def test_parts_and_pages_are_kept_with_the_index(tmp_path: Path, toy: ToyEmbedder) -> None:
    """A saved index gives the same documents back, and citations name the page."""
    parts = (Part("heading", 0, 4, 1), Part("paragraph", 6, 19), Part("list", 21, 35, 0, (28,)))
    document = Document("f.pdf", "Foxes", "Foxe\n\nThe fox runs.\n\nred dog\nmoon a", parts, (0, 21))
    built = PassageIndex.build([document], embedder=toy)
    built.save(tmp_path)
    loaded = PassageIndex.load(tmp_path, embedder=toy)
    assert loaded.documents == (document,)
    answer = ask("the moon", passage_index=loaded, as_typed=True)
    assert [(c.page, c.place) for c in answer.citations] == [(1, "Foxes › Foxe › page 1")]
    assert answer.to_dict()["citations"][0]["page"] == 1


@pytest.mark.parametrize(
    ("parts", "pages"),
    [
        ((Part("heading", 0, 2),), ()),
        ((Part("verse", 0, 9),), ()),
        ((Part("list", 0, 9, 0, (9,)),), ()),
        ((Part("list", 0, 10),), ()),
        ((Part("list", 0, 5), Part("list", 3, 9)), ()),
        ((Part("list", 0, 4), Part("list", 4, 9)), ()),
        ((), (5, 3)),
        ((), (0, 10)),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts: tuple[Part, ...], pages: tuple[int, ...]) -> None:
    """Parts are in order, apart, stripped and hold all words; pages ascend inside the text."""
    with pytest.raises(DocumentError, match=r"does not fit|in no part|start at offsets"):
        Document("a", "a", "One. Two.", parts, pages)
