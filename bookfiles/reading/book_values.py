"""Values of a book that come from several columns."""

from datetime import date
from functools import lru_cache
from typing import Any

from bookfiles.errors import Unreadable
from bookfiles.form.rows import Row
from bookfiles.genres import CellGenres, genres_of
from bookfiles.reading.columns import Columns
from bookfiles.reading.report import FileReport
from bookfiles.values.text import unlisted


def read_genres(row: Row, columns: Columns, values: dict[str, Any], report: FileReport) -> None:
    """Set the categories that the labels of a row name; labels of none become subjects, but shelves do not."""
    found: dict[str, None] = {}
    unknown: dict[str, None] = {}
    is_present = False
    for meaning in ("categories", "shelves"):
        for position, field in columns.fields(row, meaning):
            try:
                genres = _genres(field)
            except Unreadable as reason:
                columns.reports[position].count_left_empty(row.line, str(reason))
                continue
            is_present = True
            found.update(dict.fromkeys(genres.categories))
            if meaning == "categories":
                unknown.update(dict.fromkeys(genres.unknown))
                report.unknown_categories.update(genres.unknown)
            if genres.categories or genres.unknown:
                columns.reports[position].count_read(field)
    if is_present:
        values["categories"] = tuple(found)
    if unknown:
        values["subjects"] = tuple(dict.fromkeys([*(values.get("subjects") or ()), *unknown]))


@lru_cache(maxsize=10_000)
def _genres(field: str) -> CellGenres:
    return genres_of(unlisted(field))


def finished(values: dict[str, Any]) -> dict[str, Any]:
    """The values with empty ones of their own type; the year of the publication date, if there is none."""
    if "published_at" in values:
        published = values.pop("published_at")
        day: date | None = published.day if published else None
        values["published_on"] = day
        if published and values.get("year") is None:
            values["year"] = published.year
    for attribute in ("authors", "subjects"):
        if attribute in values and values[attribute] is None:
            values[attribute] = ()
    for attribute in ("isbn", "description", "picture", "work"):
        if attribute in values and values[attribute] is None:
            values[attribute] = ""
    for attribute, unknown in (("ratings_count", 0), ("average_rating", 0.0)):
        if attribute in values and values[attribute] is None:
            values[attribute] = unknown
    # A book always has a title.
    if "title" in values and not values["title"]:
        del values["title"]
    return values
