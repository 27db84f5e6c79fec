"""The hyperparameters of the model; local_ease.py computes what they mean."""

from dataclasses import dataclass

from recommendations.model.popularity import HALF_LIFE_DAYS


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters.

    X is readers × books, n_i is the number of readers of book i, d_u the number of books of reader u, and
    h_i = n_i + shrinkage. Content features count in C as further readers (see features.py). P is the part of C from
    readers who read book i before book j, minus the part from those who read it after.

        C = Xᵀ diag(d_u^−reader_damping) X
        (C_NN + regularisation · diag(h_N^damping)) w = C_Nj + direction · P_Nj    for each candidate j
        v_i = max(w_i, 0) h_i^known_boost
        S_ij = v_i ‖v‖^−candidate_norm h_j^−candidate_damping exp(trend · t_j) (r_j / h_j)^momentum

    N are the neighbours of j, t_j is the average position of j in its readers' histories, and r_j is its popularity:
    its readers, each halved for every half-life that has passed since.
    As the regularisation grows, w approaches the plain item–item form h_i^−damping C_ij.

    To the sum of S_ij over the books of a reader, popularity adds u n^popularity_growth r_j / r, where n is the
    number of these books, r the mean popularity of the most popular books, and u = popularity_weight in units of
    what a book adds to the score of its nearest neighbour. Here r_j includes elsewhere_weight · r times the book's
    popularity elsewhere, relative to that of the most popular ones. Without neighbours (k = 0), popularity alone
    decides.
    """

    reader_damping: float = 0.4
    """b: how much less each book counts of a reader with many books."""
    damping: float = 0.3
    """γ: how fast the regularisation grows with a book's readers."""
    regularisation: float = 25.0
    """λ."""
    known_boost: float = 0.1
    """ε: how much more a book of the history counts the more readers it has."""
    candidate_norm: float = 0.3
    """δ: how far the columns of S are normalised."""
    candidate_damping: float = 0.05
    """c: how much less a candidate scores the more readers it has."""
    trend: float = 0.7
    """τ: how much more a candidate scores the later in their histories readers read it."""
    direction: float = 0.1
    """How much more a book contributes to books read after it than to books read before it."""
    recency_decay: float = 0.2
    """The n-th latest book of a history, from 0, has the weight (1 + n)^−recency_decay."""
    half_life_days: float = HALF_LIFE_DAYS
    """After how many days a reader counts half in a book's popularity."""
    momentum: float = 0.0
    """How much more a candidate scores the larger the recent part of its readers."""
    popularity_weight: float = 0.1
    """How much popularity counts beside the books of the history."""
    popularity_growth: float = 0.0
    """How fast that grows with the number of these books, whose contributions add up."""
    elsewhere_weight: float = 0.1
    """How much the popularity elsewhere, which the catalogue knows, counts beside that in the shop."""
    shrinkage: float = 3.0
    """s: virtual readers added to every book, so that few readers are not taken for strong evidence."""
    feature_weight: float = 0.7
    """How much a shared content feature counts, compared with a shared reader."""
    pairs: int = 150
    """m: the books that each book is paired with, before the pairs are made symmetric."""
    neighbours: int = 100
    """k: the maximum number of books that contribute to one candidate."""
