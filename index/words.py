"""Lists of words that tell where sentences start and headings end. No code looks at a text here."""


def _words(words: str) -> frozenset[str]:
    """The words of a string as a set."""
    return frozenset(words.split())


# Words that open a sentence far more often than they stand capitalised inside one.
OPENERS = _words(
    """
    A According Additionally After All Also Although Among An And Another Any Are As At Because Before Between Both
    But By Can Despite Did Do Does During Each Earlier Even Every Few First For From Furthermore Given He Her Here His
    How However I If In Instead Is It Its Later Like Many Meanwhile More Moreover Most Much My Nearly No Not Now On
    Once One Only Or Other Our Over Several She Should Similarly Since So Some Such Than That The Their Then There
    Therefore These They This Those Though Through Throughout Thus To Today Together Two Under Unlike Until Upon
    Various Was We Were What When Where Whereas Whether Which While Who Why With Within Without You Your Das Der Die
    Ein Eine Es Im Sie Wir Auch Bei Mit Nach Les Le La Un Une Il Elle Dans Ce Cette En Pour El Los Las Una Este Esta
    Por
    """
)
# The same in other scripts, where joints of run-in headings are not looked for: "О" ends "НАТО".
OTHER_OPENERS = _words(
    """
    А Без Более Бывает В Важно Во Все Всё Вы Где Да Далее Для До Его Ее Её Ему Если Есть Ещё За Затем Здесь И Из Или Им
    Их К Каждый Как Когда Кроме Кто Мы На Над Не Нет Но О Об Обычно Однако Он Она Они Оно От Перед По Под Поэтому После
    Потом При Про С Сегодня Сейчас Со Так Также Там Тогда То Только У Уже Через Что Чтобы Эта Эти Это Этот Я
    Або Але Ви Від Він Вона Вони Воно Все Де До Для З За Зараз Із Його Її Їх Й Коли Кожен Крім Ми На Навіть Не Ні Об Під
    Після Потім При Про Та Так Також Там Тепер Тому То Тоді У Усі Це Ця Цей Ці Через Що Щоб Як Якщо Я Є І
    Αν Αλλά Από Αυτά Αυτή Αυτό Αυτός Για Δεν Είναι Ένα Ένας Επίσης Έτσι Εάν Η Και Κάθε Κατά Με Μετά Μια Μία Ο Οι Όλα
    Όλοι Όμως Όταν Παρά Πριν Προς Σε Στα Στη Στην Στις Στο Στον Στους Τα Τη Την Της Τις Το Τον Του Τους Των Χωρίς Ως
    """
)
# A blank in front of one of these does not part two Thai clauses.
THAI_JOINERS = tuple("และ หรือ ซึ่ง แต่ เพราะ โดย คือ เช่น ได้แก่ จึง แล้ว กับ ทั้ง รวม ให้".split())
# A full stop after one of these never ends a sentence.
TITLES = _words(
    """
    mr mrs ms mx messrs dr drs prof rev fr hon gen col lt sgt cpl maj capt cmdr adm brig gov sen rep pres supt st ste
    mt ft vs v cf e.g i.e eg ie viz ca approx resp esp incl lit trans pron sing plur fig figs eq eqs ref refs z.b d.h
    bzw vgl ggf evtl sog mme mlle mgr sra srta dra dña ing
    ім ул вул просп пер пров пл наб бул проф акад доц св см т.е т.к тел напр δρ καθ κος κα αγ βλ πρβλ λεωφ τηλ
    डॉ श्री प्रो रु सं नं पृ
    """
)
# A full stop after one of these ends a sentence only where no number (or single letter) follows.
COUNTED = _words(
    """
    no nos nr n° p pp pg vol vols ch chap sec sect art arts para pt nos. ed eds v vv § abs kap ver op cap pág núm
    стр гл рис мал табл разд розд ст корп кв тыс тис млн млрд руб грн коп αρ αριθ σελ κεφ εικ πίν
    """
)
# A full stop after one of these ends a sentence only where the next word is an opener.
DOUBTFUL = _words(
    """
    inc ltd corp co cos llc plc bros jr sr esq etc al dept univ assn ave blvd rd sq bldg est max min avg jan feb mar
    apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun ph.d m.d b.a m.a b.sc m.sc u.s u.k u.n e.u d.c
    a.m p.m a.d b.c c.e b.c.e r.i.p usw u.a tsp tbsp oz lb lbs pkt qt gal doz
    им др ін пр гг рр обл янв фев февр апр авг сен сент окт ноя нояб дек
    """
)
# A full stop after one of these ends a sentence where a number stands before it, whatever else they stand for.
UNITS = _words("м см с л т μ م")
MONTHS = _words(
    """
    Januar Februar März April Mai Juni Juli August September Oktober November Dezember Jahrhundert Jahrhunderts
    """
)
# These second halves of brand names and of log-in words need more evidence than "The" does.
SHORT_OPENERS = _words(
    """
    A I In On At By To It He We As An If Up No Me So Be My You Your Over One Two First Like Now Once Her His Our
    Another Other Are Is Was Can Do Did Does Few Even For From With Under Un La Le Los El Il Das Der Die Es En
    """
)
# Words that open a sentence of a page or a list of instructions, though not often enough for OPENERS.
STARTERS = _words(
    """
    Founded Located Situated Born Established Built Based Known Created Designed Developed Introduced Using Including
    Keep Take Make Use Call Click Read Learn Check Ask Contact Please Visit See Go Find Get Start Choose Select Enter
    Open Add Store Wash Apply Send Bring Follow Try Avoid Always Never Sometimes Often Usually People Everyone Nobody
    Someone Nothing Press Remove Place Turn Wait Insert Connect Enjoy Discover Dr Mr Mrs Prof
    """
)
# Words that end (or are) a heading far more often than they are the first half of a name.
HEADING_WORDS = _words(
    """
    history overview introduction background description career life education economy geography climate culture
    transport demographics politics government administration services contact us summary conclusion conclusions
    results methods discussion references abstract treatment symptoms causes diagnosis prevention features
    requirements eligibility application applications fees costs benefits risks events awards legacy reception plot
    cast production development operations security privacy refunds location facilities policy policies structure
    members membership activities mission vision goals research publications effects ingredients directions
    instructions warnings storage delivery payment hours prices tickets parking accessibility environment sport sports
    religion language languages tourism industry agriculture etymology notes support resources training steps rights
    death family works
    """
)
AFTER_NAME = _words(
    """
    is was has are were had will can and or to of for offers offered said does did be been 's
    """
)
# Names with a capital inside that a page might use just once.
NAMES = _words(
    """
    youtube javascript typescript playstation linkedin paypal github gitlab wordpress powerpoint mastercard fedex
    facetime whatsapp tiktok snapchat openai chatgpt deepmind dropbox airbnb onedrive sharepoint onenote photoshop
    mysql postgresql graphql openstreetmap wikileaks healthcare bluetooth wifi ebook smartphone firefox coffeescript
    pagemaker quicktime macbook masterchef startup
    """
)
QUESTIONS = _words(
    """
    How What Who Whom Whose Where When Why Which Can Could Do Does Did Is Are Was Were Should Will Would May Am Has
    Have
    """
)
# The right halves of "node.Js" and "Booking.Com".
DOMAINS = _words(
    """
    com net org edu gov io ai js ts py md txt pdf html htm php css csv json xml exe doc docx co uk de fr eu
    """
)
# Left halves of names in code: "self.Name".
CODE = _words(
    """
    self this super np numpy pd os sys math java com org std obj node vue next asp app my window document
    """
)
