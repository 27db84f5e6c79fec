"""Characters that cannot be seen."""

from bookfiles.characters import stripped, visible


def test_stripped() -> None:
    """Whitespace of any kind and invisible characters around a text are removed, and none within."""
    assert stripped(" \t\u00a0\u200bA\u200b B\u3000\ufeff\n") == "A\u200b B"
    assert stripped("  A ") == "A"
    assert stripped("\u200b") == ""


def test_visible() -> None:
    """Invisible characters are removed everywhere."""
    assert visible("978\u200b-0\u200e4\ufeff é") == "978-04 é"
    assert visible("plain") == "plain"
