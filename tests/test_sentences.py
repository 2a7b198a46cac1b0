"""Sentences in other scripts than Latin: where they end, and what only looks like an end."""

import pytest

from conftest import sentences


@pytest.mark.parametrize(
    "expected",
    [
        ["高さは３．５メートルです。", "重さは４｡２キロです。"],
        ["第１．２節を見よ．", "表No．1を見よ．", "2020年に終わった．"],
        ["１．目的と範囲を定める。", "次に進む。"],
        ["２．１．用語を定める．", "次に進む．"],
    ],
)
def test_a_wide_full_stop_in_a_number_ends_nothing(expected: list[str]) -> None:
    """ "３．５", "No．1" and the number of an item go on; the same mark behind words ends a sentence."""
    assert sentences("".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["Музей стоит на ул. Ленина, д. 5, кв. 12.", "Он открыт."],
        ["Схема на рис. 3, см. Приложение 2 и табл. 4 на стр. 17.", "Школа им. Пушкина рядом."],
        ["Мы гордились им.", "В городе знали проф. Иванова и акад. Павлова."],
        ["Здесь жил А. С. Пушкин.", "Роман В. И. Даля не окончен."],
        ["Дом построен в 2019 г.", "Он стоит в г. Москва."],
        ["Так было в XX в.", "В 1812 г. Наполеон ушёл."],
        ["Билет стоит 100 руб. 50 коп.", "В кассе он дороже."],
        ["Глубина 5 см.", "Ширина 3 м.", "Бак на 7 л.", "Крышка отдельно."],
        ["Нужны гвозди, клей и т. д.", "Это есть в магазине."],
        ["Офіс: м. Київ, вул. Садова, 7, ст. 5, п. 3.", "Ціна 20 тис. 500 грн.", "Музей ім. Шевченка поруч."],
        ["Це було у 1991 р.", "Він тоді вчився."],
        ["Φέρτε π.χ. Ψωμί, βλ. Πίνακα 2, αρ. 5 και σελ. 7.", "Ο δρ. Παππάς και η κ. Σταύρου το είπαν."],
        ["Κλείνει στις 5 μ.μ.", "Η είσοδος είναι δωρεάν.", "Το ύψος είναι 286 μ.", "Δρόμος υπάρχει."],
        ["डॉ. शर्मा और श्री. वर्मा ने रु. 500 दिए।", "दूरी 5 कि.मी. है, सं. 7 देखें।"],
        ["वह घर जाता है.", "वह खुश है."],
        ["แจ้งเหตุโทร. 1196 หรือพบ ดร. สมชาย เมื่อ พ.ศ. 2560 เวลา 8.30 น. ทุกวัน"],
        ["قال د. أحمد و أ. علي إن م. سمير حاضر.", "ثم خرجوا."],
        ["طوله 5 م.", "وعرضه أقل."],
    ],
)
def test_abbreviations_end_no_sentence(expected: list[str]) -> None:
    """Those of Russian, Ukrainian, Greek, Hindi, Thai and Arabic, but where a unit or an opener says that they do."""
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["彼は「はい。」と言った。", "雨だ。"],
        ["“你好。”他说。", "“走吧！”，她说。", "雨停了。"],
        ["「『はい。』」と彼は言った。"],
        ["「はい。」", "「いいえ。」", "“好？”", "‘好！’"],
        ["他说：“天气很好。", "我们走吧。”", "后来下雨了。"],
    ],
)
def test_a_sentence_goes_on_behind_a_quote_inside_it(expected: list[str]) -> None:
    """Unless another quote opens there, or the quote stood behind a colon, a sentence by itself."""
    assert sentences("".join(expected)) == expected


@pytest.mark.parametrize("gap", [" ", "\n", "\u3000"])
def test_a_quote_before_a_blank_ends_a_sentence(gap: str) -> None:
    """So does one at the end of a line."""
    assert sentences(f"「はい。」{gap}彼は笑った。") == ["「はい。」", "彼は笑った。"]


@pytest.mark.parametrize("mark", [";", "\u037e"])
def test_the_greek_question_mark_ends_a_sentence(mark: str) -> None:
    """It looks like a semicolon, which behind any other script's letters and within a sentence parts clauses."""
    assert sentences(f"Πότε φεύγει το πλοίο{mark} Στις επτά. «Πού πας{mark}» ρώτησε. Γιατί{mark}") == [
        f"Πότε φεύγει το πλοίο{mark}",
        "Στις επτά.",
        f"«Πού πας{mark}» ρώτησε.",
        f"Γιατί{mark}",
    ]
    assert sentences(f"It has two angles, α and β{mark} Table 2 names them{mark} The rest is known.") == [
        f"It has two angles, α and β{mark} Table 2 names them{mark} The rest is known."
    ]


@pytest.mark.parametrize(
    "expected",
    [
        [
            "เกาะพลับพลึงตั้งอยู่กลางทะเลอันดามัน ห่างจากฝั่งอำเภอท่าหอยไปทางตะวันตก 27 กิโลเมตร",
            "ตัวเกาะยาว 9 กิโลเมตรและกว้างสุดเพียง 3 กิโลเมตรครึ่ง",
            "มีผู้อยู่อาศัยประจำราว 1,240 คน ส่วนใหญ่ทำประมงและปลูกมะพร้าว",
        ],
        [
            "พิพิธภัณฑ์เรือพื้นบ้านตั้งอยู่ในโรงเรียนเก่าหลังสถานีอนามัย",
            "จัดแสดงเรือหัวโทงจำลองสิบเก้าลำ ครูประทีป แก้วมณี เป็นผู้ก่อตั้งหลังเกษียณอายุ เข้าชมฟรี แต่ปิดวันจันทร์",
        ],
        [
            "กลุ่มแม่บ้านบ้านในไร่สานเสื่อเตยปาหนันมาตั้งแต่ พ.ศ. 2529 มีสมาชิก 38 คน",
            "เสื่อผืนเล็กราคา 250 บาท ส่วนผืนใหญ่ใช้เวลาสานเกือบสามสัปดาห์",
        ],
        ["หาดทรายแก้วยาว 1,800 เมตร น้ำตื้นและคลื่นเบา เหมาะกับครอบครัวที่มีเด็กเล็ก"],
        ["The guide was written by two sisters, สมหญิงรักไทย วงศ์สวัสดิ์พงศ์ and another, who had it printed in the town."],
    ],
)
def test_long_thai_text_is_cut_at_its_blanks(expected: list[str]) -> None:
    """Into clauses of 40 characters at least: not inside names, before joiners or abbreviations, nor in short text."""
    assert sentences(" ".join(expected)) == expected


def test_blanks_before_a_short_thai_word_are_no_trouble() -> None:
    """A wide gap leaves nothing to look at but one word."""
    text = "ก" * 60 + " " * 45 + "คน " + "ข" * 60
    assert sentences(text) == [text]
