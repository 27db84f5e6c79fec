"""The words of texts have changed: empties the search index, which Store.migrate fills again."""

import sqlalchemy as sa
from alembic import op

from marketplace.domain.text import isbn13, sort_key
from marketplace.store.moderation.tables import search_text

revision = "0008"
down_revision = "0007"

NAMES = ("book_id", "title", "authors", "isbn", "hidden", "sort_title", "sought")


def upgrade() -> None:
    """Hidden books are not in the index; only what moderators search is renewed."""
    op.execute("DELETE FROM book_search")
    op.execute("DELETE FROM search_terms")
    types = {"authors": sa.JSON, "book_id": sa.Integer, "hidden": sa.Boolean}
    books = sa.table("books", *(sa.column(name, types.get(name, sa.Text)) for name in NAMES))
    connection = op.get_bind()
    for row in connection.execute(sa.select(books).where(books.c.hidden)).all():
        sought = search_text(row.title, *row.authors, isbn13(row.isbn) or row.isbn)
        changed = sa.update(books).where(books.c.book_id == row.book_id)
        connection.execute(changed.values(sort_title=sort_key(row.title), sought=sought))
