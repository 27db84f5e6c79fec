"""Authors' names, and the form in which a column has them."""

import re

from bookfiles.values.text import plain, unlisted

_LIST = re.compile(r"\s*[;|\n；、]\s*")
_AND = re.compile(r"\s+(?:&|and|und|et|и|y)\s+|\s*/\s*")
_INVERTED = 2
"""The parts of a name as `Last, First`."""
_NAMES_OF_ORIGIN = "van von der den de del della di da du la le ter ten mac mc st st. al el bin ibn фон де"
_PARTICLES = frozenset(_NAMES_OF_ORIGIN.split())
_SUFFIXES = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?\s?d|esq|мл|ст)\.?", re.IGNORECASE)
_ROLE = re.compile(
    r"\s*[(\[][^()\[\]]{0,40}\b(?:author|editors?|eds?|illustrator|illustrations|translator|trans|tr|narrator|reader|"
    r"foreword|afterword|introduction|preface|contributor|adapter|photographer|автор|переводчик|редактор)\b"
    r"[^()\[\]]{0,40}[)\]]|\s*\(\d{4}\s?[-–]\s?(?:\d{4})?\)",
    re.IGNORECASE,
)
"""What a person did, or the years of their life."""
_BY = re.compile(r"by\s+(?=\w)", re.IGNORECASE)
_OTHERS = re.compile(r",?\s+(?:et al\.?|u\. ?a\.|и др\.)$", re.IGNORECASE)


class NameOrders:
    """Collects whether a column writes names as `Last, First`."""

    def __init__(self) -> None:
        self._last_first = self._other = 0

    def add(self, field: str) -> None:
        """Take one field into account."""
        # Most have no comma, and none that an HTML entity stands for.
        if "," not in field and "&" not in field:
            return
        for name in _LIST.split(plain(field)):
            match [part.strip() for part in name.split(",")]:
                case [last, first] if first and not _SUFFIXES.fullmatch(first):
                    self._last_first += _is_inverted(last, first)
                    self._other += not _is_inverted(last, first)
                case [_, _, _, *_]:
                    self._other += 1
                case _:
                    pass

    @property
    def is_last_first(self) -> bool:
        """Whether most names with a comma have a surname before it."""
        return self._last_first > self._other


def authors(field: str, *, last_first: bool) -> tuple[str, ...]:
    """The authors; `Pratchett, Terry` is one, `Terry Pratchett, Neil Gaiman` and `… & …` are two.

    `last_first` says that the whole column writes names as `Last, First`.
    """
    names: list[str] = []
    for part in _LIST.split(_BY.sub("", unlisted(field), count=1) if field[:2].lower() == "by" else unlisted(field)):
        for joint in _separated(_OTHERS.sub("", _ROLE.sub("", part)), _AND):
            names += _by_commas(joint, last_first=last_first)
    stripped = (" ".join(name.split()) for name in names)
    return tuple(dict.fromkeys(filter(None, stripped)))


def _by_commas(name: str, *, last_first: bool) -> list[str]:
    parts: list[str] = []
    for part in map(str.strip, name.split(",")):
        if parts and _SUFFIXES.fullmatch(part):
            parts[-1] += f", {part}"
        # Libraries add the years of a life: Dickens, Charles, 1812-1870.
        elif any(map(str.isalpha, part)):
            parts.append(part)
    if len(parts) == _INVERTED and (last_first or _is_inverted(*parts)):
        return [", ".join(parts)]
    if last_first and not all(" " in part for part in parts):
        # Several names, or one with a title: Dickens, Charles, Sir.
        whole = range(0, len(parts), 2) if len(parts) % 2 == 0 else ()
        return [", ".join(parts[start : start + 2]) for start in whole] or [", ".join(parts)]
    return parts


def _separated(name: str, separator: re.Pattern[str]) -> list[str]:
    """Split where both sides are full names: `Simon & Schuster` is one."""
    parts = [part.strip(" ,") for part in separator.split(name)]
    return parts if all(len(part.split()) > 1 for part in parts) else [name]


def _is_inverted(last: str, first: str) -> bool:
    """Whether two parts are one name: the first is a surname, or the second not the whole name of another person."""
    *particles, _ = last.split() or [""]
    return bool(last) and (all(particle.lower() in _PARTICLES for particle in particles) or " " not in first)
