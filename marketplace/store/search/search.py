"""Search: a query as typed, then with corrections, then with only some of its words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from marketplace.domain.books import SearchPage, Sort, Suggestion
from marketplace.domain.text import sort_key
from marketplace.store.listings import MAX_SORTED, cards_of
from marketplace.store.search.candidates import Candidates
from marketplace.store.search.corrections import COST_OF_A_LETTER, Corrector
from marketplace.store.search.query import (
    Form,
    Group,
    Match,
    Query,
    as_characters,
    as_prefixes,
    as_terms,
    as_typed,
    parse,
    terms_of,
)
from marketplace.store.search.ranking import Ranked, rank
from marketplace.store.search.suggestions import suggestions
from marketplace.store.search.words import Term, is_characters

MAX_RESULTS = 480
"""How many of the matching books paging can reach."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One interpretation of a query."""

    query: Query
    groups: tuple[Group, ...]
    is_corrected: bool = False
    is_partial: bool = False


class Search:
    """Search of the catalogue, within one transaction."""

    def __init__(
        self, connection: Connection, *, max_results: int = MAX_RESULTS, max_sorted: int = MAX_SORTED
    ) -> None:
        """Paging can reach `max_results` books; `max_sorted` as in Listings."""
        self._connection = connection
        self._max_results = max_results
        self._candidates = Candidates(connection, max_sorted=max_sorted)

    def find(self, text: str, *, sort: Sort = Sort.RELEVANCE, limit: int, offset: int = 0) -> SearchPage:
        """A page of the books that match all words of a query, or of its correction, or else some of its words."""
        query = parse(text)
        for attempt in self._attempts(query, terms_of(text)):
            ids, understood = self._matches(attempt, sort)
            if ids:
                page = ids[: self._max_results][offset : offset + limit]
                return SearchPage(
                    cards=cards_of(self._connection, page),
                    total=min(len(ids), self._max_results),
                    has_more=len(ids) > self._max_results,
                    corrected="" if understood == query.text else understood,
                    is_partial=attempt.is_partial,
                )
        return SearchPage()

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """Completions of an unfinished query: authors, books and categories, each most likely first."""
        return suggestions(self._connection, text, limit)

    def _attempts(self, query: Query, terms: Sequence[Term]) -> Iterator[_Attempt]:
        if terms:
            yield _Attempt(query, as_typed(terms))
        if len(terms) > 1:
            yield _Attempt(query, as_prefixes(terms))
        if not query.words:
            return
        if any(is_characters(term[0][0]) for term in terms):
            # Latin letters find the same word in other characters: traditional and simplified ones, for example.
            yield _Attempt(query, as_typed(as_terms(query.words)))
        if pairs := as_characters(terms):
            yield _Attempt(query, pairs, is_partial=True)
        corrector = Corrector(self._candidates.full_text, query.words)
        for joined in query.with_joined_pairs(corrector.vocabulary.known(query.joined_pairs())):
            yield _Attempt(joined, as_typed(as_terms(joined.words)))
        if corrector.unknown:
            yield _Attempt(query, corrector.unknown_corrected(), is_corrected=True)
        yield _Attempt(query, corrector.all_corrected(), is_corrected=True)
        if len(query.words) > 1:
            yield _Attempt(query, corrector.unknown_corrected(), is_corrected=True, is_partial=True)

    def _matches(self, attempt: _Attempt, sort: Sort) -> tuple[list[int], str]:
        """The ids of the books that match, and the query as it was understood."""
        query, groups = attempt.query, attempt.groups
        if attempt.is_partial:
            return self._partial_matches(attempt, sort)
        if attempt.is_corrected:
            ranked = rank(self._candidates.best(Match(groups), self._max_results), groups)
            if not ranked:
                return [], ""
            # Take the corrections that the best book matches, and search again with those alone.
            forms = _forms_of(query, ranked[0])
            query, groups = query.reworded(forms), tuple((form,) for form in forms)
        match = Match(groups)
        if sort is not Sort.RELEVANCE:
            return self._candidates.ids(match, sort, self._max_results + 1), query.text
        title = sort_key(query.text)
        candidates = self._candidates.best(match, self._max_results + 1, title=title)
        return [ranked.candidate.book_id for ranked in rank(candidates, groups, title=title)], query.text

    def _partial_matches(self, attempt: _Attempt, sort: Sort) -> tuple[list[int], str]:
        query, groups = attempt.query, attempt.groups
        usable = self._likely(groups) if attempt.is_corrected else groups
        ranked = rank(self._candidates.matching_some(usable, self._max_results), groups)
        if not ranked:
            return [], ""
        ids = [book.candidate.book_id for book in ranked]
        if sort is not Sort.RELEVANCE:
            ids = self._candidates.sorted(ids, sort)
        return ids, query.reworded(_forms_of(query, ranked[0])).text if attempt.is_corrected else query.text

    def _likely(self, groups: Sequence[Group]) -> list[Group]:
        # Only cheap corrections to words of the vocabulary: here the other words of the query need not match.
        cheap = [tuple(form for form in group if form.cost <= COST_OF_A_LETTER) for group in groups]
        known = self._candidates.full_text.known({word for group in cheap for form in group for word in form.words})
        return [
            usable
            for group in cheap
            if (usable := tuple(form for form in group if form.is_prefix or known.keys() >= {*form.words}))
        ]


def _forms_of(query: Query, ranked: Ranked) -> list[Form]:
    return [form or Form((word,)) for word, form in zip(query.words, ranked.forms, strict=True)]
