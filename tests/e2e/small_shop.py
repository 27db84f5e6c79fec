"""Recommendations with a small catalogue and history."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from recommendations.store import Store
from servicekit.database.engine import open_engine
from tests.e2e.processes import Command, Process, await_serving

BOOKS = 60
CATEGORIES = ("mystery", "science-fiction", "self-help")


@dataclass(frozen=True)
class SmallShop:
    """The data folder and database of Recommendations, for commands and servers."""

    folder: Path
    database: str

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """A shop whose database is a file in its folder."""
        return cls(folder, f"sqlite:///{folder / 'recommendations.db'}")

    @property
    def models(self) -> Path:
        """The folder of the models."""
        return self.folder / "data" / "models"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "RECOMMENDATIONS_DATA_DIR": str(self.folder / "data"),
            "RECOMMENDATIONS_DATABASE_URL": self.database,
            "RECOMMENDATIONS_IDS_DIR": str(self.folder / "ids"),
            "RECOMMENDATIONS_PORT": "0",
            "RECOMMENDATIONS_LOG_REQUESTS": "true",
        }

    def command(self, *arguments: str) -> Command:
        """Start a command."""
        return Command("recommendations", arguments, self.environment)

    def run(self, *arguments: str) -> str:
        """Run a command, which must succeed; returns its output, errors and logs included."""
        return self.command(*arguments).require_success()

    def serve(self, port: int = 0) -> Process:
        """Start a server on this port, 0 for a free one, and wait until it serves."""
        server = Process("recommendations", self.environment | {"RECOMMENDATIONS_PORT": str(port)})
        try:
            await_serving(f"127.0.0.1:{server.port}")
        except BaseException:
            server.kill()
            raise
        return server

    def store(self) -> Store:
        """Open its store in this process."""
        return Store(open_engine(self.database))

    def write_books(self) -> Path:
        """A CSV of the books, in three categories."""
        rows = ((id_, f"Book {id_}", CATEGORIES[id_ % 3]) for id_ in range(1, BOOKS + 1))
        return self._write("books.csv", ("book_id", "title", "categories"), rows)

    def write_interactions(self, bought: Iterable[tuple[int, int]]) -> Path:
        """A CSV of purchases, pairs of reader and book."""
        return self._write("interactions.csv", ("user_id", "book_id"), bought)

    def _write(self, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path


def purchases_by_category(readers: int, books: int = 6) -> list[tuple[int, int]]:
    """Pairs of a reader and a book; each reader buys books of one category."""
    return [
        (reader, 3 * ((reader * 7 + step * step) % (BOOKS // 3)) + reader % 3 + 1)
        for reader in range(1, readers + 1)
        for step in range(1, books + 1)
    ]


def train_small_shop(shop: SmallShop) -> None:
    """Import the books and a history of 200 readers, and train a model."""
    books, history = shop.write_books(), shop.write_interactions(purchases_by_category(200))
    shop.run("import", "--books", str(books), "--interactions", str(history))
    shop.run("train", "--budget", "0")
