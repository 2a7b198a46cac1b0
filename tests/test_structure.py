"""Text to sections, paragraphs and sentences: what is promised for any text, then worked examples."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.sentences import LONGEST
from index.structure import Section, Span, read_structure

from conftest import sentences

SEEDS = Path(__file__).parent.parent / "seeds"

# Pieces of text that have broken text splitters before; drawn in any order, they make nasty documents.
PIECES = st.sampled_from(
    [
        *("The dog barked. ", "It slept.The cat", "FranceMost people", " in France", "What is it?", "e.g. this"),
        *("Mr. Lee ", "3.5 ", "...", '"Quoted." ', "(in brackets.) ", "[5]", "word ", "Word", "; ", ", ", "!", "."),
        *("\n", "\r\n", "\r", "\n\n", "\u2028", "\u2029", "\t", "\xa0\xa0\xa0 \xa0", "   ", "\\n", "\u200b"),
        *("# Title\n", "Title\n=====\n", "- item\n", "1. Start\n", "```\n", "| a | b |\n", " = Head = \n"),
        *("CAPITALS\n", "Chapter 4\n", "Name: yes\n", "👩\u200d👩\u200d👧", "🇫🇷", "e\u0301", "שלום עולם. "),
        *("مرحبا؟ ", "今天好。", "U.S. ", "?", '"', "\x00", "\ud83d", "नमस्ते।"),
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join))


def outline(text: str) -> list[tuple[tuple[str, ...], list[list[str]]]]:
    """The structure of a text with words in the place of offsets: (headings, sentences of each paragraph)."""
    return [
        (section.headings, [[text[s.start : s.end] for s in p.sentences] for p in section.paragraphs])
        for section in read_structure(text)
    ]


def headings(text: str) -> list[str]:
    """The last heading of every section that has one."""
    return [section.headings[-1] for section in read_structure(text) if section.heading]


def spans_of(sections: tuple[Section, ...]) -> list[tuple[int, int]]:
    """Every heading and sentence as offsets, in the order in which the sections list them."""
    spans: list[tuple[int, int]] = []
    for section in sections:
        if section.heading:
            spans.append((section.heading.start, section.heading.end))
        spans.extend((s.start, s.end) for paragraph in section.paragraphs for s in paragraph.sentences)
    return spans


def assert_sound(text: str, sections: tuple[Section, ...]) -> None:
    """Fail unless headings and sentences are stripped, in order, and hold every character but white space."""
    position = 0
    for start, end in spans_of(sections):
        assert position <= start < end <= len(text)
        assert text[position:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        position = end
    assert text[position:].strip() == ""


# For any text


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_every_character_is_in_one_heading_or_sentence(text: str) -> None:
    """Whatever the text: spans are stripped, in order, apart, and only white space is outside them."""
    assert_sound(text, read_structure(text))


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_paragraphs_hold_their_sentences(text: str) -> None:
    """A paragraph begins with its first sentence and ends with its last; a section spans its paragraphs."""
    for section in read_structure(text):
        for paragraph in section.paragraphs:
            assert (paragraph.start, paragraph.end) == (paragraph.sentences[0].start, paragraph.sentences[-1].end)
            assert section.start <= paragraph.start < paragraph.end <= section.end


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_the_same_text_gives_the_same_structure(text: str) -> None:
    """Nothing depends on chance or on the order of a set."""
    assert read_structure(text) == read_structure(text)


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_no_sentence_is_longer_than_the_limit(text: str) -> None:
    """Sentences are cut at LONGEST characters at the latest."""
    assert all(end - start <= LONGEST for start, end in spans_of(read_structure("# T\n\n" + text * 5))[1:])


@pytest.mark.parametrize(
    "unit",
    [*"a.\n A(\xa0\u0301\ud800", "# ", '."The', "a\n", "😀\u200d", "aB", "- a\n", "1. A\n\n", ".\xa0" + " " * 49_000],
)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    """A hundred thousand characters of one kind are read soundly and without a quadratic regular expression."""
    text = unit * (100_000 // len(unit))
    begun = time.perf_counter()
    assert_sound(text, read_structure(text))
    assert time.perf_counter() - begun < 10  # quadratic time takes minutes


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 3), (4, 1)])
def test_an_impossible_span_is_refused(start: int, end: int) -> None:
    """A span is never empty and never begins before the text."""
    with pytest.raises(ValueError, match="start < end"):
        Span(start, end)


# Pages that lost their markup


def test_the_seed_page_has_its_three_sections_and_ten_paragraphs() -> None:
    """The page that was handed over is read as a person reads it."""
    text = next(SEEDS.glob("*.txt")).read_bytes().decode("utf-8")
    assert [(section.headings, len(section.paragraphs)) for section in read_structure(text)] == [
        (("Organized crime in France",), 3),
        (("INTERPOL in France",), 4),
        (("Law enforcement in France",), 3),
    ]


def test_a_page_without_markup_is_read_whole() -> None:
    """Run-in headings, glued paragraphs, closing quotes and brackets: all as the writer meant them."""
    text = (
        "Visiting the museumThe museum is open every day from ten to six.Tickets cost nine euros (five for children)."
        'Guided toursTours start at eleven. Each takes an hour."Bring good shoes," says the guide.'
        "How to get hereTake tram 4 to Harbour Square."
    )
    assert outline(text) == [
        (
            ("Visiting the museum",),
            [["The museum is open every day from ten to six."], ["Tickets cost nine euros (five for children)."]],
        ),
        (
            ("Guided tours",),
            [["Tours start at eleven.", "Each takes an hour."], ['"Bring good shoes," says the guide.']],
        ),
        (("How to get here",), [["Take tram 4 to Harbour Square."]]),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Our HistoryFounded in 1921 by two sisters, the bakery sold bread.By 1950 it had four shops."
            "Our BreadEvery loaf is baked in a stone oven.The valley mill grinds the flour.",
            ["Our History", "Our Bread"],
        ),
        (
            "What is a heat pump?A heat pump moves warmth indoors. It is quiet.How much does it cost?Most homes pay "
            "about 9,000 euros.Is it noisy?A modern unit hums like a fridge.",
            ["What is a heat pump?", "How much does it cost?", "Is it noisy?"],
        ),
        (
            "Early lifeMaria Okafor was born in Enugu.The family moved to Leeds.CareerOkafor joined the institute. "
            "Her work won a prize.The prize paid for a laboratory.Later lifeSince 2015 she has taught.",
            ["Early life", "Career", "Later life"],
        ),
        (
            "Agenda 2030The council adopted Agenda 2030 last spring.Its goals bind all offices.Budget "
            "for 2025The budget "
            "rises by 3.5 percent (see annex B).Next stepsIn June the council votes again.",
            ["Agenda 2030", "Budget for 2025", "Next steps"],
        ),
        (
            "Side effectsMost people have none.Tell your doctor if you feel dizzy.Before taking "
            "ParalexDo not take Paralex "
            "if you are allergic to nuts.How to store ParalexKeep it below 25 °C.",
            ["Side effects", "Before taking Paralex", "How to store Paralex"],
        ),
        (
            "About usContactThe Riverside Clinic treats children and adults.Opening hoursWe are open on weekdays.On "
            "weekends, call the emergency line.DoctorsDr. Lin treats skin diseases.",
            ["About us", "Contact", "Opening hours", "Doctors"],
        ),
        (
            "Geography and ClimateSituated on the coast, Port Lara has mild winters.Rain falls in March.EconomyFishing "
            "employs a third of the town.The economy suffered in 2009.TransportThe airport lies to the north.",
            ["Geography and Climate", "Economy", "Transport"],
        ),
        (
            "Human rights in ChadThe mission visited Chad in May.It met ministers and NGOs.UN observers "
            "in ChadUN observers "
            "arrived in June.Next elections in ChadElections will be held in autumn.",
            ["Human rights in Chad", "UN observers in Chad", "Next elections in Chad"],
        ),
        (
            "Terms of useBy using the app you accept these terms.You may stop at any time.Your dataWe "
            "store your orders."
            "We delete them on request.RefundsA refund takes five days.",
            ["Terms of use", "Your data", "Refunds"],
        ),
        (
            "The Great Flood of 1953On the night of 31 January a storm broke the dikes.Many people died.AftermathThe "
            "government built new dams.Lessons learnedToday engineers come to see them.",
            ["The Great Flood of 1953", "Aftermath", "Lessons learned"],
        ),
        (
            "Was ist Fernwärme?Fernwärme ist Wärme aus einem Kraftwerk.Das Wasser fließt durch Rohre.Vorteile der "
            "FernwärmeDie Kosten sind stabil.",
            ["Was ist Fernwärme?", "Vorteile der Fernwärme"],
        ),
        (
            "YouTube for schoolsYouTube is used by many teachers.They post lessons in JavaScript.Using "
            "YouTube safelyTeachers "
            "at McDonald High check every video.",
            ["YouTube for schools", "Using YouTube safely"],
        ),
        (
            "Malaria in 2020WHO says that many people fell ill.Most cases occur in Africa.PreventionNets protect those "
            "who sleep.Malaria and climateWarmer nights let mosquitoes climb.Researchers watch the highlands.",
            ["Malaria in 2020", "Prevention", "Malaria and climate"],
        ),
        (
            "Migration to LisbonLisbon has drawn newcomers for years.Brazilians form the largest group.Housing in "
            "LisbonRents in Lisbon doubled.The city builds flats.LeadershipSince 2018, Ms. Tanaka has led it.",
            ["Migration to Lisbon", "Housing in Lisbon", "Leadership"],
        ),
    ],
)
def test_headings_are_found_on_pages_without_markup(text: str, expected: list[str]) -> None:
    """Headings that run into the text are found on pages of any topic."""
    assert headings(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "JavaScript is a language. Java is another. A script is short. YouTube shows films. You like the tube.",
        "LinkedIn is a network. McDonald sells food. The iPhone costs a lot. PhD students use node.js and GitHub.",
        "He moved to the U.S.A. in 1999. Acme GmbH sells tools, e.g.the best hammers. Inc.The is a typing slip.",
        "The GlaxoSmithKline plant is near the Smith house. HarperCollins printed it. Harper and Collins met.",
        "Call getElementById or setAttribute. An element has an id. Set the attribute with self.Name or "
        "com.Example.Foo.",
        "WordPress runs the site. Visit www.Example.com/The-page or write to Jo.The@example.org about "
        "The.File.txt today.",
        "MacBook Air is light. Book a table. The Mac is here. MasterCard and PayPal pay. AstraZeneca makes vaccines.",
        "WeWork rents desks. We work there. MoveOn campaigns. Move on. OpenAI, SpaceX and DeepMind hire. eBay sells.",
    ],
)
def test_names_and_code_are_left_alone(text: str) -> None:
    """Capitals inside names, code, addresses and abbreviations are no headings and end no paragraph."""
    (section,) = read_structure(text)
    assert (section.headings, len(section.paragraphs)) == ((), 1)


def test_one_missing_space_is_a_slip_not_a_paragraph() -> None:
    """In a text with good paragraphs, "over.The" ends a sentence and nothing more."""
    text = "One thing led to the next. " * 30 + "It was over.The end came. It was fine."
    (section,) = read_structure(text)
    assert len(section.paragraphs) == 1
    assert text[slice_of(section, -3)] == "It was over."


def slice_of(section: Section, number: int) -> slice:
    """The offsets of one sentence of a section's first paragraph."""
    span = section.paragraphs[0].sentences[number]
    return slice(span.start, span.end)


# Well-formed text


def test_markdown_is_read() -> None:
    """ATX and underlined headings nest; code holds no heading; items and rows are sentences of their own."""
    text = (
        "# Guide\n\nRead this first.\nThen go on.\n\n## Install\n\n```bash\n# no heading\npip install x\n```\n\n"
        "- One item.\n- Two\n  lines\n\nUsage\n-----\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n***\n"
    )
    assert outline(text) == [
        (("Guide",), [["Read this first.", "Then go on."]]),
        (
            ("Guide", "Install"),
            [["```bash", "# no heading", "pip install x", "```"], ["- One item.", "- Two\n  lines"]],
        ),
        (("Guide", "Usage"), [["| a | b |", "|---|---|", "| 1 | 2 |", "***"]]),
    ]


def test_wikitext_is_read() -> None:
    """WikiText's spaced equals signs give the levels; a full stop that is a token of its own ends a sentence."""
    text = ' = Old Bridge = \n It was built in 1750 . It fell . \n = = Design = = \n It had " five " arches . \n'
    assert outline(text) == [
        (("Old Bridge",), [["It was built in 1750 .", "It fell ."]]),
        (("Old Bridge", "Design"), [['It had " five " arches .']]),
    ]


def test_numbered_and_plain_headings_are_read() -> None:
    """A title, a plain heading, numbers and chapters above text are headings, nested by their depth."""
    body = "The water of the river was measured at ten places for a whole year, with care and patience."
    parts = ["My Report", "Introduction", body, "1. Methods", body, "2. Results\n2.1 Flow", body, "Chapter 4\n" + body]
    assert [headings for headings, _ in outline("\n\n".join(parts))] == [
        ("My Report",),
        ("My Report", "Introduction"),
        ("My Report", "1. Methods"),
        ("My Report", "2. Results"),
        ("My Report", "2. Results", "2.1 Flow"),
        ("My Report", "Chapter 4"),
    ]


def test_lines_in_capitals_above_text_are_headings() -> None:
    """A line in capitals is a heading with or without a blank line below it."""
    body = "Four families lived on the island at a time, and they took turns at watching the lamp by night."
    assert headings(f"{body}\n\nTHE LAMP\n\n{body}\n\nTHE KEEPERS\n{body}") == ["THE LAMP", "THE KEEPERS"]


@pytest.mark.parametrize(
    "text",
    [
        "Apples\n\nPears\n\nPlums\n\nCherries",
        "1. Milk\n2. Eggs\n3. Bread\n\nBuy all of it before the shop closes for the weekend, and do not forget a bag.",
        "Anna Berg (00:01:26)\n\nThe roof leaks over the reading room, and the lead in the valley has to be made anew."
        "\n\nBen Holm (00:01:49)\n\nIs there a cheaper way to do it, one that the council would pay for at once?",
        "Updated 11 June 2024\n\nThe agency has five offices, of which that in the capital is the oldest one.\n\n"
        "Published 2024\n\nAll of them are open on working days, and none takes calls at the weekend or at night.",
        "JOHN\nHello.\n\nMARY\nHello.\n\nJOHN\nI am fine.\n\nMARY\nGood.\n\nJOHN\nBye.\n\nMARY\nBye.",
        "The band broke up.\n\nThe Sun Sessions\n\nwas cited by many as an influence on the music of "
        "the next decade\n\n"
        "some took it as a sign that the singer cared more for perfection than for people",
        "He went home after a long day at the harbour, where the ships were late again.\n\nhe "
        "slept\n\nThen he woke up.",
    ],
)
def test_short_lines_are_not_headings_by_themselves(text: str) -> None:
    """Lists, talk, excerpts and notes stay text."""
    assert headings(text) == []


@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\r\r", "\n \t \n", "\u2029", "\n\n\n\n", "\x0c"])
def test_blank_lines_of_every_kind_part_paragraphs(gap: str) -> None:
    """Any sort of blank line, a paragraph separator and a form feed end a paragraph."""
    assert outline(f"It rained.{gap}It snowed.") == [((), [["It rained."], ["It snowed."]])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028"])
def test_wrapped_lines_belong_together(end: str) -> None:
    """A line break inside a sentence that was wrapped at one width is a space."""
    lines = [
        "The history of the lighthouse begins in the year 1820, when a storm",
        "drove three ships onto the rocks within a night. The harbour board",
        "met in spring and voted for a tower.",
    ]
    text = end.join(lines)
    assert outline(text) == [((), [[text[: text.index(" The harbour")], text[text.index("The harbour") :]]])]


def test_wrapped_lines_of_wide_letters_belong_together() -> None:
    """Where words are not parted, a line has room for every letter but the next."""
    lines = [
        "灯塔的历史始于一八二〇年，那年的一场风暴在一夜之间把三艘船推上了岩石。港务局",
        "在春天开会，投票决定修建一座石塔，用附近山上开采的花岗岩，工程由本地的石匠完",
        "成，历时两年。",
    ]
    text = "\n".join(lines)
    assert outline(text) == [((), [[text[: text.index("港务局")], text[text.index("港务局") :]]])]


def test_long_lines_are_paragraphs() -> None:
    """In text with one line break per paragraph, every line is a paragraph."""
    line = "The harvest of olives begins in the south. " * 4
    assert [len(section.paragraphs) for section in read_structure(f"{line}\n{line}\nA short one.\n{line}")] == [4]


def test_short_lines_are_sentences() -> None:
    """Verse, talk and rows: a line break ends a sentence there."""
    text = "Roses are red\nViolets are blue\n\nAnna: Did you see it?\nBen: Yes. It was great!\n\nname\tage\nAnna\t31"
    assert outline(text) == [
        (
            (),
            [
                ["Roses are red", "Violets are blue"],
                ["Anna: Did you see it?", "Ben: Yes.", "It was great!"],
                ["name\tage", "Anna\t31"],
            ],
        )
    ]


def test_a_text_of_headings_only_keeps_its_words() -> None:
    """With nothing under them, headings are paragraphs: there is always something to cite."""
    assert outline("# One\n\n# Two") == [((), [["# One"], ["# Two"]])]


def test_a_line_in_bold_is_a_heading() -> None:
    """Below those with marks; a whole sentence in bold, or bold within a line, is text."""
    text = (
        "# Hut\n\n**Opening times**\n\nFrom May.\n\n**Are dogs allowed?**\n\nOn a leash.\n\n"
        "**Fires are forbidden.**\n\n**Note** that it snows.\n\n## Way\n\n__On foot:__\n\nTwo hours."
    )
    assert outline(text) == [
        (("Hut",), []),
        (("Hut", "Opening times"), [["From May."]]),
        (("Hut", "Are dogs allowed?"), [["On a leash."], ["**Fires are forbidden.**"], ["**Note** that it snows."]]),
        (("Hut", "Way"), []),
        (("Hut", "Way", "On foot"), [["Two hours."]]),
    ]


def test_a_heading_over_nothing_is_a_paragraph() -> None:
    """What it says can be found and cited; the first one stays the title."""
    text = "# House\n\n## Wifi password: bluewhale\n\n## Parking\n\nBehind the house.\n\n## Pets"
    assert outline(text) == [
        (("House",), [["## Wifi password: bluewhale"]]),
        (("House", "Parking"), [["Behind the house."], ["## Pets"]]),
    ]


def test_chapters_with_a_bare_number_are_not_inside_the_one_before() -> None:
    """ "3 Results" stands beside "2 Methods", not in "2.1 Sampling"; a number out of order is no chapter's."""
    body = "A sentence that is long enough to stand under a heading as its text does, and then some more of it."
    text = "\n\n".join(["1 Aims", body, "2 Methods", "2.1 Sampling", body, "3 Results", body, "12 May 2020", body])
    assert [headings for headings, _ in outline(text)][:4] == [
        ("1 Aims",),
        ("2 Methods",),
        ("2 Methods", "2.1 Sampling"),
        ("3 Results",),
    ]


def test_a_numbered_heading_may_stand_over_a_list() -> None:
    """Its items have bullets or letters; two numbers below would make it an item itself."""
    body = "A sentence that is long enough to stand under a heading as its text does, and then some more of it."
    assert [headings for headings, _ in outline(f"1. Scope\n\n{body}\n\n2. Price\n- packing\n- freight")] == [
        ("1. Scope",),
        ("2. Price",),
    ]
    assert outline("1. Milk\n2. Eggs\n3. Flour") == [((), [["1. Milk", "2. Eggs", "3. Flour"]])]


def test_one_long_address_does_not_unwrap_the_lines_around_it() -> None:
    """Lines wrapped at one width belong together, though one of them holds a long link."""
    last = "If you work for the\nEuropean Commission or for one of the member states, please write to\nJane Doe."
    text = (
        "[the manual](https://docs.example.com/en/latest/reference/manual/index.html#the-bar-format)\n"
        f"of the Bar Foundation, which is printed each year. {last}"
    )
    assert sentences(text)[-1] == last


# Sentences


@pytest.mark.parametrize(
    "expected",
    [
        ["Mr. Ito met Dr. Roy in St. Ives, Washington, D.C.", "The U.S. Army came at 5 p.m. on Monday."],
        ["J. K. Lowe wrote it.", "It cost 3.5 million, cf. Fig. 2 and No. 7.", "Acme Inc. paid."],
        ['"Why?" he asked.', '"Go!"', "She left (at last.)", "Then it ended."],
        ["It rose.[5]", "Then it fell[6] again.", "Wait... and see...", "What?!", "Yes."],
        ["It was over.", "The end came.", "It works with node.js and www.Example.com too."],
        ["this is in lower case. ".strip(), "the next one too, e.g. here.", "fine."],
        ["今天天气很好。", "我们走吧！", "「好。」他说。", "「走。」", "「好。」"],
        ["यह एक वाक्य है।", "यह दूसरा है।"],
        ["هل أنت بخير؟", "نعم."],
        ["Am 3. Oktober war es z.B. kalt.", "Das ist gut."],
        ["« Bonjour. »", "Il partit."],
        ["1. Mix the flour.", "2. Add water.", "3. Wait."],
        ["One came.\\n\\n", "2. Two came."],
        ["It rose to 4.5%.", "Breakfast costs 12.50.", "Children pay half.", "See Section 4.2.", "Buyers pay."],
        ["The fees are due.", "(a) The buyer pays.", "(ii) Costs follow, see a) and b)."],
        ["4.2. The buyer pays.", "He may wait."],
    ],
)
def test_sentences_end_where_they_should(expected: list[str]) -> None:
    """Abbreviations, numbers, quotes, scripts: the sentences, joined by spaces, come apart again."""
    text = " ".join(expected).replace("\\n\\n ", "\\n\\n")
    text = text if text[0] < "\u3000" else "".join(expected)
    assert sentences(text) == expected


def test_a_long_sentence_is_cut_at_its_best_place() -> None:
    """Longer than LONGEST: cut behind a semicolon, else a comma, else a space, else between whole characters."""
    half = "a word or two " * 30
    assert sentences(f"{half.strip()}; {half.strip()}.") == [f"{half.strip()};", f"{half.strip()}."]
    assert sentences("x" * 700) == ["x" * 500, "x" * 200]
    assert all(piece[0] == "e" for piece in sentences("e\u0301" * 1000))
