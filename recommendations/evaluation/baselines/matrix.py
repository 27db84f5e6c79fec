"""The training part as a matrix."""

import numpy as np
from scipy.sparse import csr_matrix

from recommendations.evaluation.task import Task


def liked_matrix(task: Task) -> csr_matrix:
    """1 for each liked book: readers of `task.liked` × books of the catalogue, 32-bit floats."""
    rows = task.catalogue.rows(task.liked.books)
    shape = (len(task.liked.readers), len(task.catalogue))
    # The library does not accept 64-bit row numbers.
    return csr_matrix((np.ones(len(rows), dtype=np.float32), rows, task.liked.indptr.astype(np.int32)), shape=shape)
