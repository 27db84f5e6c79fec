"""Recommendations with a count of the lists that it computes: `python -m bench.load.counted_server FILE serve`.

The count is the number of bytes of FILE.
"""

import sys
from pathlib import Path

from recommendations.cli import main
from recommendations.domain.recommending import RecommendationList, RecommendRequest
from recommendations.service import RecommendationService


def count_lists(path: Path) -> None:
    """Add a byte to the file for each list."""
    recommend, file = RecommendationService.recommend, path.open("ab", buffering=0)

    def counted(self: RecommendationService, request: RecommendRequest) -> RecommendationList:
        file.write(b".")
        return recommend(self, request)

    RecommendationService.recommend = counted  # type: ignore[method-assign]


if __name__ == "__main__":
    count_lists(Path(sys.argv.pop(1)))
    main()
