"""Authors' names."""

import pytest

from bookfiles.values.authors import NameOrders, authors

TWO = ("Terry Pratchett", "Neil Gaiman")


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("", ()),
        (" , ;", ()),
        ("NULL", ()),
        ("N/A", ()),
        ("Terry Pratchett", ("Terry Pratchett",)),
        ("Plato", ("Plato",)),
        ("Terry Pratchett, Neil Gaiman", TWO),
        ("Terry Pratchett & Neil Gaiman", TWO),
        ("Terry Pratchett and Neil Gaiman", TWO),
        ("Terry Pratchett und Neil Gaiman", TWO),
        ("Terry Pratchett;Neil Gaiman", TWO),
        ("Terry Pratchett|Neil Gaiman", TWO),
        ("Terry Pratchett\nNeil Gaiman", TWO),
        ("Terry Pratchett/Neil Gaiman", TWO),
        ("['Terry Pratchett', 'Neil Gaiman']", TWO),
        ('["Terry Pratchett", "Neil Gaiman"]', TWO),
        ("Terry Pratchett, and Neil Gaiman", TWO),
        ("by Terry Pratchett (Author), Neil Gaiman (Illustrator)", TWO),
        ("Terry Pratchett (Goodreads Author), Neil Gaiman [Editor]", TWO),
        ("Terry  Pratchett; Terry Pratchett; Neil\u00a0Gaiman, et al.", TWO),
        ("Аркадий Стругацкий и Борис Стругацкий", ("Аркадий Стругацкий", "Борис Стругацкий")),
        ("村上春樹、川上未映子", ("村上春樹", "川上未映子")),
        ("Pratchett, Terry", ("Pratchett, Terry",)),
        ("Tolkien,J.R.R.", ("Tolkien, J.R.R.",)),
        ("Le Guin, Ursula K.", ("Le Guin, Ursula K.",)),
        ("van Gogh, Vincent", ("van Gogh, Vincent",)),
        ("García Márquez, Gabriel", ("García Márquez, Gabriel",)),
        ("St. John Mandel, Emily", ("St. John Mandel, Emily",)),
        ("Толстой, Лев Николаевич", ("Толстой, Лев Николаевич",)),
        ("Bronte, Charlotte; Bronte, Emily", ("Bronte, Charlotte", "Bronte, Emily")),
        ("Pratchett, Terry & Gaiman, Neil", ("Pratchett, Terry", "Gaiman, Neil")),
        ("Dickens, Charles, 1812-1870", ("Dickens, Charles",)),
        ("King, Stephen, 1947-", ("King, Stephen",)),
        ("Frank Herbert (1920-1986)", ("Frank Herbert",)),
        ("Martin Luther King, Jr.", ("Martin Luther King, Jr.",)),
        ("Martin Luther King Jr., Alex Haley", ("Martin Luther King Jr.", "Alex Haley")),
        ("Strunk, William, Jr.; White, E. B.", ("Strunk, William, Jr.", "White, E. B.")),
        ("J. Smith, Ph.D., A. Jones", ("J. Smith, Ph.D.", "A. Jones")),
        ("Simon &amp; Schuster Staff", ("Simon & Schuster Staff",)),
        ("John Wiley and Sons", ("John Wiley and Sons",)),
        ("AC/DC", ("AC/DC",)),
        ("Ren&eacute; Test", ("René Test",)),
        ("Byron", ("Byron",)),
        ("Joe Hill, Stephen King, and Owen King", ("Joe Hill", "Stephen King", "Owen King")),
    ],
)
def test_authors(field: str, names: tuple[str, ...]) -> None:
    """`Last, First` of one author stays one name; roles, years and `by` are left out."""
    assert authors(field, last_first=False) == names


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("Herbert, Frank", ("Herbert, Frank",)),
        ("Vargas Llosa, Mario Pedro", ("Vargas Llosa, Mario Pedro",)),
        ("Pratchett, Terry, Gaiman, Neil", ("Pratchett, Terry", "Gaiman, Neil")),
        ("Doyle, Arthur Conan, Sir", ("Doyle, Arthur Conan, Sir",)),
        ("Joe Hill, Stephen King, Owen King", ("Joe Hill", "Stephen King", "Owen King")),
        ("Plato", ("Plato",)),
    ],
)
def test_a_column_of_last_names_first(field: str, names: tuple[str, ...]) -> None:
    """Where the column has them so, two parts are one name however long they are."""
    assert authors(field, last_first=True) == names


@pytest.mark.parametrize(
    ("fields", "is_last_first"),
    [
        (["Herbert, Frank", "Le Guin, Ursula K.", "Vargas Llosa, Mario Pedro"], True),
        (["Herbert, Frank; Roe, John"], True),
        (["Herbert&#44; Frank"], True),
        (["Terry Pratchett, Neil Gaiman", "Pratchett, Terry"], False),
        (["Frank Herbert", "Plato", "", "Martin Luther King, Jr."], False),
        (["Joe Hill, Stephen King, Owen King"], False),
    ],
)
def test_the_order_of_names(fields: list[str], is_last_first: bool) -> None:
    """It is that of most names with a comma."""
    orders = NameOrders()
    for field in fields:
        orders.add(field)
    assert orders.is_last_first == is_last_first
