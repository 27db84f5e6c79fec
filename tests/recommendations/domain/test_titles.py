"""What a title says, without what distinguishes only editions."""

import pytest

from recommendations.domain.titles import MOST_BRACKETS, Title, parsed_title

SAME = """
Dune | DUNE | Dune. | Dune (Penguin Galaxy) | Dune: Deluxe Edition | Dune [Kindle Edition] | Dune (Paperback)
Dune - Paperback | Dune Paperback | Dune: Unabridged | Dune (Audio CD) | Dune, Audio CD | Dune Large Print
Dune (Large Print Edition) | Dune, 2nd edition | Dune (Second Edition) | Dune (2nd ed.)
Dune 50th Anniversary Edition
Dune (40th Anniversary) | Dune: Revised and Updated | Dune, Revised Edition | Dune (Movie Tie-In) | Dune: A Novel
Dune (Spanish Edition) | Dune (SF Masterworks) | Dune (Ace Books (Paperback)) | Dune – Deluxe-Ausgabe
Dune: Illustrierte Ausgabe | Dune, 3. Auflage | Dune (Taschenbuch) | Dune (Édition illustrée) | Dune: nouvelle édition
Dune (2e édition) | Dune (Poche) | Dune: edición ilustrada | Dune (подарочное издание) | Dune, 2-е издание
Dune. Юбилейное издание | Dune (аудиокнига) | Dune - Kindle edition by Frank Herbert | Dune: Illustrated by Sam Weber
Dune (Translated by Ralf Schmidt) | Dune: With an Introduction by Neil Gaiman

The Hobbit | Hobbit, The | The Hobbit (Illustrated Edition) | The Hobbit, or There and Back Again
The Hobbit; or, There and Back Again | The Hobbit: Or There and Back Again (Collector's Edition)

Emma | Emma: Penguin Classics | Emma (Oxford World's Classics) | Emma - Wordsworth Classics | Emma (Signet Classic)

1984 | 1984 (Signet Classics) | 1984: A Novel | 1984 (Kindle Edition)

Lonesome Dove | Lonesome Dove: A Novel | Lonesome Dove : a novel

To the Nines | To the Nines: A Stephanie Plum Novel

The Stand | The Stand: The Complete & Uncut Edition | The Stand (Complete and Unabridged)

Saga, Vol. 1 | Saga Volume One | Saga #1 | Saga: Volume I | Saga, Vol. 01 | Saga (Vol. 1) | Saga 1 | Saga, Bd. 1
Saga Deluxe Edition Volume 1
Saga, tome 1 | Saga: Volume 1 of 9 | Saga No. 1 | Saga, № 1 | Saga, Volume One (Deluxe Edition)

Saga, Vol. 2 | Saga Volume Two | Saga (Saga, #2) | Saga II | Saga, том 2 | Saga, т. 2

Henry IV, Part 1 | Henry IV, Part One | Henry IV, Part I | Henry IV (Part 1) | Henry IV, часть 1

Slaughterhouse-Five | Slaughterhouse 5 | Slaughterhouse-Five, or The Children's Crusade

Moby-Dick | Moby-Dick; or, The Whale | Moby-Dick or, The Whale | Moby Dick, or the Whale (Signet Classic)

Pride and Prejudice | Pride & Prejudice

Ender's Game | Enders Game | Ender\u2019s Game

Les Misérables | Les Miserables

Мёртвые души | Мертвые души | Мёртвые души, 3-е издание

Calculus | Calculus 9th Edition | Calculus: International Edition | Calculus, Global Edition
Calculus (Third Edition, Paperback)
"""  # noqa: RUF001


@pytest.mark.parametrize("group", SAME.strip().split("\n\n"), ids=lambda group: group.partition(" |")[0])
def test_editions_have_the_same_title(group: str) -> None:
    """Edition, format, publisher's series, and the way a number is written make no difference."""
    titles = group.replace("\n", " | ").split(" | ")
    parsed = {title: parsed_title(title) or Title(()) for title in titles}
    assert {title: found.texts for title, found in parsed.items()} == dict.fromkeys(titles, parsed[titles[0]].texts)
    assert {(found.number, found.note) for found in parsed.values()} <= {("", ""), ("2", "")}


DIFFERENT = """
Saga | Saga, Vol. 1 | Saga, Vol. 2 | Saga, Book 1 | Saga, Part 1 | Saga #1-3 | Saga, Vol. 10 | Saga, Vol. 1.5
Saga Box Set | Saga: The Complete Collection | Saga (Boxed Set) | Saga (Saga, #1-3) | Saga: Compendium One
Saga: The Graphic Novel | Saga (Graphic Novel) | Saga (Study Guide) | Saga: Teacher's Edition | Saga (Manga Edition)
Saga: Young Readers Edition | Saga (Penguin Readers, Level 5) | Saga: A Guide | Saga: The Screenplay | Saga 2005
Saga (1945-1960) | Saga (1961-1970) | Saga: 2011 Edition | Saga, Omnibus Edition | Saga: Messiah | The Saga | Sagas
Saga and Other Stories | Saga in the Snow
"""


def test_different_books_have_different_titles() -> None:
    """A number stays, and so does what names a collection, an adaptation or a book about a book."""
    texts = {
        title: (parsed_title(title) or Title(())).texts
        for title in DIFFERENT.strip().replace("\n", " | ").split(" | ")
    }
    by_text: dict[str, list[str]] = {}
    for title, found in texts.items():
        for text in found:
            by_text.setdefault(text, []).append(title)
    assert [titles for titles in by_text.values() if len(titles) > 1] == []


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A Game of Thrones (A Song of Ice and Fire, #1)", Title(("a game of thrones",), "song ice and fire 1")),
        ("Mort (Discworld, #4)", Title(("mort",), "discworld 4")),
        ("Mort (Discworld Series, Book Four)", Title(("mort",), "discworld 4")),
        ("Mort (Discworld 4)", Title(("mort",), "discworld 4")),
        ("Mort (Death, #1; Discworld, #4)", Title(("mort",), "death 1;discworld 4")),
        ("Mort: Book Four of the Discworld", Title(("mort",), "discworld 4")),
        ("Dune (Dune Chronicles, #1)", Title(("dune", "dune 1"), "1")),
        ("Dune (Dune #1)", Title(("dune", "dune 1"), "1")),
        ("The Dark Tower (The Dark Tower, #7)", Title(("the dark tower 7",), "7")),
        ("Dune (Dune Chronicles)", Title(("dune",))),
        ("Dune (Gateway to Arrakis)", Title(("dune",), "", "gateway to arrakis")),
        ("Fables, Vol. 1: Legends in Exile", Title(("fables 1",), "", "legends in exile")),
        ("Fables Vol 2 Animal Farm", Title(("fables 2",), "", "animal farm")),
        ("Naruto, Vol. 01: The Tests (Naruto, #1)", Title(("naruto 1",), "", "the tests")),
        ("The Walking Dead, Vol. 1 (The Walking Dead #1-6)", Title(("the walking dead 1",))),
        ("Catch-22 (Catch-22, #1)", Title(("catch 22", "catch 22 1"), "1")),
        ("Imajica (Imajica, #1, 2)", Title(("imajica imajica # 1 2",))),
        ("Saga, Vol. 1 (Saga Box Set)", Title(("saga 1 saga box set",))),
        ("1Q84 BOOK 3 (1Q84, #3)", Title(("1q84 book 3",))),
        ("The No. 1 Ladies' Detective Agency", Title(("the 1 ladies detective agency",))),
        ("Private #1 Suspect (Private, #2)", Title(("private 1 suspect",), "private 2")),
        ("2001: A Space Odyssey", Title(("2001 a space odyssey",))),
        ("Volume 1", Title(("volume 1",))),
        ("(Untitled)", Title(("untitled",))),
        ("The Special Edition", Title(("the special edition",))),
        ("!!!", None),
        ("9780441013593", None),
        ("ISBN-13: 978-0-441-01359-3", None),
        ("044101359X", None),
    ],
)  # fmt: skip
def test_numbers_and_names(title: str, expected: Title | None) -> None:
    """The number in a series and the name of a volume are details; an ISBN says nothing."""
    assert parsed_title(title) == expected


def test_a_hostile_title_takes_no_time() -> None:
    """Thousands of brackets, digits and signs are read once."""
    for title in (
        "(" * 5_000 + ")" * 5_000,
        "()" * 5_000,
        "9" * 10_000,
        "(" + "9" * 9_000 + ")",
        "-" * 10_000,
        "a, " * 3_000,
    ):
        assert parsed_title(title) is None or parsed_title(title)
    assert parsed_title("Dune" + " (Ace)" * MOST_BRACKETS) == Title(("dune",))
