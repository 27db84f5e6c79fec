"""Authors' names, and the form in which a column has them."""

import re

from bookfiles.values.text import plain, text

_LIST = re.compile(r"\s*[;|\n]\s*")
_AND = re.compile(r"\s+(?:&|and|und|et|и|y)\s+")
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "du",
        "la",
        "le",
        "ter",
        "ten",
        "mac",
        "mc",
        "st",
        "st.",
        "al",
        "el",
        "bin",
        "ibn",
        "фон",
        "де",
    ]
)
_SUFFIXES = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?\s?d|esq|мл|ст)\.?", re.IGNORECASE)
_ROLE = re.compile(r"\s*\((?:author|editor|ed\.?|автор)\)", re.IGNORECASE)


class NameOrders:
    """Collects whether a column writes names as `Last, First`."""

    def __init__(self) -> None:
        self._last_first = self._other = 0

    def add(self, field: str) -> None:
        """Take one field into account."""
        for name in _LIST.split(plain(field)):
            match [part.strip() for part in name.split(",")]:
                case [last, first] if first and not _SUFFIXES.fullmatch(first):
                    self._last_first += _is_surname(last)
                    self._other += not _is_surname(last)
                case [_, _, _, *_]:
                    self._other += 1
                case _:
                    pass

    @property
    def is_last_first(self) -> bool:
        """Whether most names with a comma have one word before it."""
        return self._last_first > self._other


def authors(field: str, *, last_first: bool) -> tuple[str, ...]:
    """The authors; `Pratchett, Terry` is one, `Terry Pratchett, Neil Gaiman` and `… & …` are two.

    `last_first` says that the whole column writes names as `Last, First`.
    """
    names: list[str] = []
    for part in _LIST.split(text(field)):
        for joint in _separated(_ROLE.sub("", part), _AND):
            names += _by_commas(joint, last_first=last_first)
    stripped = (" ".join(name.split()) for name in names)
    return tuple(dict.fromkeys(filter(None, stripped)))


def _by_commas(name: str, *, last_first: bool) -> list[str]:
    # Libraries add the years of a life: Dickens, Charles, 1812-1870.
    parts = [part.strip() for part in name.split(",") if any(map(str.isalpha, part))]
    if len(parts) <= 1:
        return parts
    if len(parts) == 2 and (last_first or _is_surname(parts[0]) or _SUFFIXES.fullmatch(parts[1])):  # noqa: PLR2004
        return [", ".join(parts)]
    names: list[str] = []
    for part in parts:
        if names and _SUFFIXES.fullmatch(part):
            names[-1] += f", {part}"
        else:
            names.append(part)
    return names


def _separated(name: str, separator: re.Pattern[str]) -> list[str]:
    """Split where both sides are full names: `Simon & Schuster` is one."""
    parts = [part.strip(" ,") for part in separator.split(name)]
    return parts if all(len(part.split()) > 1 for part in parts) else [name]


def _is_surname(text: str) -> bool:
    *particles, last = text.split() or [""]
    return bool(last) and all(particle.lower() in _PARTICLES for particle in particles)
