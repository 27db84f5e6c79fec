"""The generative model of all shapes; a `Shape` has its parameters.

Time τ is in days since the first day and runs to `days`; weights and tastes change from week to week.

Books. Book j has a place r_j in a random order, from 1, comes out on day b_j, and belongs to tastes t with the
memberships m_jt: MAIN for one of the `tastes`, 1 − MAIN for another one. The share `arriving` of the books comes out
during the history, b_j ~ U(0, days), the others before, b_j ~ U(−days, 0); half-lives count from then. Readers want
book j on day τ by its weight

    w_j(τ) = r_j^−zipf · d_j · [b_j ≤ τ] · 2^(−(τ − b_j) / half_life) · exp(season · cos(2π (τ − s_j) / 365)),

where s_j ~ U(0, 365) is the height of its season, and d_j = 1 − in_order for the second and later volumes of a
series, otherwise 1. The `volumes` of a series have one author and the same tastes, and come out in order.

Readers. Reader u comes on day a_u ~ U(0, days). The number of interactions is log-normal with mean `length` and the
standard deviation `spread` of its logarithm, at least 1 and at most a quarter of the books. With the probability
`burst` an interaction happens a_u + Exp(burst_days), otherwise at U(a_u, days); none is after the end. The reader's
taste moves from one mixture to another, each Dirichlet(1, …, 1) over FAVOURITES random tastes:

    θ_ut(τ) = (1 − c) θ⁰_ut + c θ¹_ut,  c = change · τ / days.

The next interaction, on day τ after the history H,
1.  is with the book of one of the interactions in H, drawn uniformly, with the probability `repeats`;
2.  otherwise with the next volume after the last interaction's book, with the probability `in_order`, if there is
    one, it is out and not in H;
3.  otherwise with a book that is not in H, by p(j) ∝ loyalty · Σ_t θ_ut(τ) φ_jt(τ) + (1 − loyalty) · φ_j0(τ), with
    φ_jt(τ) = w_j(τ) m_jt / Σ_i w_i(τ) m_it and φ_j0(τ) = w_j(τ) / Σ_i w_i(τ).

Opinions. If `ratings`, each interaction is a rating, normally distributed and rounded to 1, 2, 3, 4 or 5:

    x ~ N(stars + opinion · Σ_t m_jt f_ut(τ), 1),  f_ut(τ) = (1 − c) [θ⁰_ut > 0] + c [θ¹_ut > 0].

Otherwise it is a click with the probability `opens`, or else a purchase. `bots` are further readers: each clicks
`bot_length` books that are not in H, by p(j) = 1 / books.
"""

from dataclasses import dataclass

MAIN = 0.8
"""A book's membership in its main taste; the rest is in its second taste."""

FAVOURITES = 3
"""The number of tastes in a reader's mixture."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The parameters of the generative model above.

    Without `times`, interactions are in random order and have none. Without `described`, books have titles only.
    Raises ValueError if the parameters contradict each other.
    """

    readers: int
    books: int
    length: float
    spread: float = 0.8
    zipf: float = 0.8
    tastes: int = 24
    loyalty: float = 0.8
    change: float = 0.0
    half_life: float | None = None
    arriving: float = 0.0
    season: float = 0.0
    days: int = 730
    burst: float = 0.0
    burst_days: float = 2.0
    repeats: float = 0.0
    opens: float = 0.0
    ratings: bool = False
    stars: float = 3.2
    opinion: float = 0.8
    volumes: int = 1
    in_order: float = 0.0
    bots: int = 0
    bot_length: int = 0
    times: bool = True
    described: bool = True

    def __post_init__(self) -> None:
        most = self.books // self.volumes // 4
        if not FAVOURITES <= self.tastes <= most:
            raise ValueError(f"{self.tastes} tastes: there must be {FAVOURITES} to {most}")
        if not 0 <= self.loyalty < 1:
            raise ValueError(f"loyalty {self.loyalty}: must be less than 1, or a taste may have no book left")
        if not 0 <= self.arriving < 1:
            raise ValueError(f"arriving {self.arriving}: must be less than 1, or there is no book on the first day")
        if self.bots and (self.bot_length > 0.75 * self.books or self.arriving):
            raise ValueError("a bot needs more books than it clicks, all of them from the first day on")
        if not (self.times or self.is_constant):
            raise ValueError("what changes with time needs times")

    @property
    def is_constant(self) -> bool:
        """Whether weights and tastes are the same in all weeks."""
        return self.half_life is None and not (self.arriving or self.season or self.change)
