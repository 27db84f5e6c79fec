"""Records that were read, kept in a temporary file until they are stored."""

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")

BATCH = 10_000
_IN_MEMORY = 8 * 1024 * 1024


class Spool(Generic[T]):
    """Batches of records, in memory as long as they are few."""

    def __init__(self, folder: Path | None = None, batch: int = BATCH) -> None:
        self._size = batch
        self._batch: list[T] = []
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=None if folder is None else str(folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, record: T) -> None:
        """Keep a record."""
        if len(self._batch) == self._size:
            pickle.dump(self._batch, self._file, pickle.HIGHEST_PROTOCOL)
            self._batch = []
        self._batch.append(record)

    def batches(self) -> Iterator[list[T]]:
        """All records, in the order in which they were added."""
        self._file.seek(0)
        while True:
            try:
                batch: list[T] = pickle.load(self._file)  # noqa: S301  (this process has written it)
            except EOFError:
                break
            yield batch
        # The last one has never left the memory.
        if self._batch:
            yield self._batch
