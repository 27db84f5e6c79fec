"""The words by which a title names an edition, a format or a volume; folded, in several languages."""

import re

from recommendations.domain.text import folded


def _words(text: str) -> frozenset[str]:
    return frozenset(folded(text).split())


EDITIONS = _words(
    "edition editions ausgabe sonderausgabe taschenbuchausgabe jubiläumsausgabe neuausgabe auflage edición "
    "ediciones edizione edizioni edição editie uitgave utgåva wydanie издание изд"
)
"""Nouns that name an edition, whatever stands beside them."""

FORMATS = _words(
    "ed edn paperback hardcover hardback softcover kindle ebook ebooks epub pdf audiobook audiobooks audio audible "
    "cd cds mp3 cassette cassettes unabridged abridged print binding illustrated annotated revised updated expanded "
    "enlarged reprint reissue facsimile uncut unexpurgated deluxe anniversary tie taschenbuch gebunden gebundene "
    "hörbuch ungekürzt ungekürzte gekürzt gekürzte illustriert überarbeitete broschiert poche broché relié "
    "illustrée révisée rústica bolsillo аудиокнига иллюстрированное подарочное юбилейное переработанное"
)
"""Words that name an edition or a format if only such words and those of BESIDE_FORMATS stand beside them."""

BESIDE_FORMATS = _words(
    "a an and the in of with large larger mass market trade library board book special limited collectors "
    "international global movie film tv media new complete fully author authors original first second third fourth "
    "fifth sixth seventh eighth ninth tenth english german french spanish italian russian rev und der die das "
    "deutsche neue erste zweite dritte et le la les livre de nouvelle première deuxième libro tapa dura blanda "
    "nueva и новое первое второе третье твердый мягкий переплет"
)

CONTRIBUTIONS = _words("illustrated translated narrated edited annotated introduction foreword afterword preface")
"""Beside `by`, these say who made an edition."""

KINDS_OF_BOOK = _words(
    "novel memoir thriller mystery romance novella roman krimi novela romanzo autobiography роман повесть"
)
"""`Novel`, `A Novel`, `An Inspector Banks Mystery`: how a subtitle ends that only says what kind of book it is."""

TRAILING = _words(
    "paperback hardcover hardback softcover ebook audiobook unabridged abridged taschenbuch hörbuch аудиокнига"
)
"""Formats that may follow a title without any sign between."""
TRAILING_PAIRS = frozenset(
    {("large", "print"), ("audio", "cd"), ("mp3", "cd"), ("mass", "market"), ("board", "book")}
)
"""Likewise, in two words."""

PUBLISHERS = _words(
    "penguin puffin oxford signet bantam vintage wordsworth dover norton modern everyman everymans barnes collins "
    "macmillan harper harpercollins perennial virago faber folio folger arden picador scribner gollancz sf "
    "bloomsbury amazon canterbury arcturus alma ace tor reclam insel"
)
SERIES_NOUNS = _words("classic classics library galaxy masterworks essentials")
"""`Penguin Galaxy`: a publisher's series begins with one of PUBLISHERS and ends with one of these."""
OTHER_BOOKS = _words(
    "box boxed boxset set omnibus collection collected complete bundle compendium anthology treasury pack "
    "gesamtausgabe sammelband schuber intégrale coffret собрание сборник комплект guide guides notes sparknotes "
    "cliffsnotes summary analysis interpretations companion workbook journal calendar coloring colouring cookbook "
    "screenplay script play playscript acting novelization novelisation adaptation adapted dramatization "
    "dramatisation graphic manga comic comics retold retelling simplified sampler preview excerpt teacher teachers "
    "teaching student students age ages aged instructor instructors solutions test exam study parody sequel prequel "
    "reader readers level levels grade young youth junior kids score libretto soundtrack sticker activity picture "
    "popup poster units storybook unofficial"
)
"""Words of collections, adaptations and books about a book: editions of another work."""
UNCUT = _words("uncut unabridged unexpurgated ungekürzt ungekürzte")
"""Beside one of these, `complete` says that a text is not abridged."""
COLLECTIONS = _words("trilogy quartet quintet tetralogy duology trilogie")

VOLUMES = _words("volume volumes vol vols band bd tome tomo volumen том")
NUMBERED = VOLUMES | _words("# issue heft выпуск")
BOOKS = _words("book bk buch livre libro boek книга")
PARTS = _words("part pt teil partie parte deel часть")
MARKERS = NUMBERED | BOOKS | PARTS
"""What stands before the number of a volume; a volume, a book and a part with one number are three."""

INDEFINITE_ARTICLES = _words("a an ein eine un une")
ARTICLES = INDEFINITE_ARTICLES | _words("the der die das le la les el los las il lo")
LINKS = _words("of in the der von de")
"""What stands between a number and the name of a series: `Book 2 of Foundation`."""
KINDS_OF_SERIES = _words("series saga cycle trilogy chronicles novel novels mystery mysteries reihe zyklus")
"""What may or may not be said of a series."""
ALTERNATIVES = _words("or oder ou или")
"""`Candide, or Optimism`: what comes before a second title."""

_ORDINAL = re.compile(r"\d{1,3}[^\W\d_]{1,3}")
_ROMAN = re.compile(r"(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
_NUMBERS = {
    word: str(number)
    for number, words in enumerate(
        (
            *("one eins un один", "two zwei deux два", "three drei trois три", "four vier quatre четыре"),
            *("five fünf cinq пять", "six sechs", "seven sieben sept", "eight acht huit", "nine neun neuf"),
            *("ten zehn dix", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
            *("eighteen", "nineteen", "twenty"),
        ),
        start=1,
    )
    for word in folded(words).split()
}


def number_in(word: str, *, marked: bool) -> str:
    """The number that a word is, as digits, or an empty text; `marked` if it follows one of MARKERS.

    Ranges such as `1-3` are no numbers, for they name several volumes. Single letters are numbers only if marked.
    """
    if word[0].isdecimal():
        return word.lstrip("0") or "0" if word.replace(".", "", 1).isdecimal() else ""
    if word in _NUMBERS:
        return _NUMBERS[word]
    if (marked or len(word) > 1) and _ROMAN.fullmatch(word):
        values = [_ROMAN_VALUES[letter] for letter in word]
        following = [*values[1:], 0]
        return str(sum(-value if value < later else value for value, later in zip(values, following, strict=True)))
    return ""


def is_ordinal(word: str) -> bool:
    """Whether a word is an ordinal in digits, such as `2nd`."""
    return _ORDINAL.fullmatch(word) is not None
