"""The keys by which books are recognised as editions of one work."""

from recommendations.domain.editions import WorkKeys, keys_of


def titles(title: str, *authors: str) -> set[str]:
    return set(keys_of(title, authors, "").titles)


def test_the_first_author_counts() -> None:
    """A further author, such as an illustrator, changes nothing; another first author is another book."""
    assert titles("Saga, Vol. 1", "Brian K. Vaughan") & titles("Saga #1", "Vaughan, Brian", "Fiona Staples")
    assert not titles("Collected Poems", "Philip Larkin") & titles("Collected Poems", "W. H. Auden")
    assert not titles("Twenty Poems", "Georg Trakl", "Robert Bly") & titles(
        "Twenty Poems", "Pablo Neruda", "Robert Bly"
    )


def test_all_authors_in_another_order() -> None:
    """The same authors in another order are the same."""
    one, other = ("Terry Pratchett", "Neil Gaiman"), ("Neil Gaiman", "Terry Pratchett")
    assert titles("Good Omens", *one) & titles("Good Omens", *other)
    assert not titles("Good Omens", *one) & titles("Good Omens", "Neil Gaiman")


def test_books_without_a_title_or_authors() -> None:
    """Only the stated work counts for a book without authors, or with an ISBN for a title."""
    assert keys_of("Poems", (), "") == keys_of("Poems", ("Various",), "") == WorkKeys((), "", "", "")
    assert keys_of("9780441013593", ("Frank Herbert",), "W1") == WorkKeys((), "W1", "", "")
    assert keys_of("Dune", (), "W1").work == keys_of("Dune", ("Frank Herbert",), "W1").work == "W1"


def test_a_number_in_a_series() -> None:
    """The number in brackets and the name of a volume are kept apart from the title."""
    keys = keys_of("Mort (Discworld, #4)", ("Terry Pratchett",), "")
    assert keys == WorkKeys(("mort|terry pratchett",), "", "discworld 4", "")
    assert keys_of("Fables, Vol. 1: Legends in Exile", ("Bill Willingham",), "").note == "legends in exile"
