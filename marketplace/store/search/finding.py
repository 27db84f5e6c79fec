"""What a query finds, and what somebody who is typing may mean."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from marketplace.domain.books import SearchPage, Sort, Suggestion
from marketplace.domain.text import sort_key
from marketplace.store.listings import FEW, cards_of
from marketplace.store.search.candidates import Candidates
from marketplace.store.search.corrections import A_LETTER, Corrector
from marketplace.store.search.query import Asked, Form, Group, Match, as_beginnings, as_typed, parse
from marketplace.store.search.ranking import rank
from marketplace.store.search.suggesting import suggestions

REACH = 480
"""So many books of those that a query finds can be paged through."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way to read a query."""

    asked: Asked
    groups: tuple[Group, ...]
    is_corrected: bool = False
    is_loosened: bool = False


@dataclass(frozen=True, slots=True)
class _Ids:
    """The books that one way to read a query finds, and how it reads it."""

    ids: list[int]
    understood: str


class Search:
    """Search of the catalogue, within one transaction."""

    def __init__(self, connection: Connection, *, reach: int = REACH, few: int = FEW) -> None:
        """`reach` books of those that a query finds can be paged through; SQLite sorts up to `few` itself."""
        self._connection = connection
        self._reach = reach
        self._few = few

    def find(self, query: str, *, sort: Sort = Sort.RELEVANCE, limit: int, offset: int = 0) -> SearchPage:
        """One page of the books that have every word of `query`, or of what may have been meant, or else some words.

        At most `reach` books can be paged through; those beyond are neither shown nor counted.
        """
        asked = parse(query)
        for attempt in self._attempts(asked):
            found = self._found(attempt, sort)
            if found.ids:
                page = found.ids[: self._reach][offset : offset + limit]
                return SearchPage(
                    cards=cards_of(self._connection, page),
                    total=min(len(found.ids), self._reach),
                    has_more=len(found.ids) > self._reach,
                    corrected="" if found.understood == asked.text else found.understood,
                    is_partial=attempt.is_loosened,
                )
        return SearchPage()

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """What the beginning of a query may become: authors, books and categories, each the likeliest first."""
        return suggestions(self._connection, text, limit)

    def _attempts(self, asked: Asked) -> Iterator[_Attempt]:
        if not asked.words:
            return
        yield _Attempt(asked, as_typed(asked.words))
        if len(asked.words) > 1:
            yield _Attempt(asked, as_beginnings(asked.words))
        corrector = Corrector(self._candidates.full_text, asked.words)
        for joined in asked.with_pairs_joined(corrector.vocabulary.known(asked.pairs_joined())):
            yield _Attempt(joined, as_typed(joined.words))
        if corrector.unknown:
            yield _Attempt(asked, corrector.unknown_corrected(), is_corrected=True)
        yield _Attempt(asked, corrector.all_corrected(), is_corrected=True)
        if len(asked.words) > 1:
            yield _Attempt(asked, corrector.unknown_corrected(), is_loosened=True)

    def _found(self, attempt: _Attempt, sort: Sort) -> _Ids:
        asked, groups = attempt.asked, attempt.groups
        if attempt.is_loosened:
            return self._loosened(attempt, sort)
        if attempt.is_corrected:
            ranked = rank(self._candidates.best(Match(groups), self._reach), groups)
            if not ranked:
                return _Ids([], "")
            # The best book says which of the words that come near was meant; now with these alone.
            forms = [form or Form((word,)) for word, form in zip(asked.words, ranked[0].forms, strict=True)]
            asked, groups = asked.reworded(forms), tuple((form,) for form in forms)
        match = Match(groups)
        if sort is not Sort.RELEVANCE:
            return _Ids(self._candidates.ids(match, sort, self._reach + 1), asked.text)
        title = sort_key(asked.text)
        candidates = self._candidates.best(match, self._reach + 1, title=title)
        return _Ids([each.candidate.book_id for each in rank(candidates, groups, title=title)], asked.text)

    def _loosened(self, attempt: _Attempt, sort: Sort) -> _Ids:
        # No book bears out a bold guess here, and a word that no book has finds none.
        cheap = [tuple(form for form in group if form.cost <= A_LETTER) for group in attempt.groups]
        known = self._candidates.full_text.known({word for group in cheap for form in group for word in form.words})
        groups = [
            there
            for group in cheap
            if (there := tuple(form for form in group if form.is_beginning or known.keys() >= {*form.words}))
        ]
        ranked = rank(self._candidates.with_some(groups, self._reach), attempt.groups)
        if not ranked:
            return _Ids([], "")
        forms = [form or Form((word,)) for word, form in zip(attempt.asked.words, ranked[0].forms, strict=True)]
        ids = [each.candidate.book_id for each in ranked]
        if sort is not Sort.RELEVANCE:
            ids = self._candidates.sorted(ids, sort)
        return _Ids(ids, attempt.asked.reworded(forms).text)

    @property
    def _candidates(self) -> Candidates:
        return Candidates(self._connection, few=self._few)
