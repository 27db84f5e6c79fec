"""The table."""

from sqlalchemy import JSON, Column, MetaData, String, Table

from servicekit.database.columns import UtcDateTime

MAX_URL_LENGTH = 2_048

metadata = MetaData()

# What is known about a URL until it expires: a preview, or the name of a failure.
answers = Table(
    "answers",
    metadata,
    Column("url", String(MAX_URL_LENGTH), primary_key=True),
    Column("preview", JSON(none_as_null=True)),
    Column("failure", String(40)),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)
