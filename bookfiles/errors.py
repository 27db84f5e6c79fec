"""What can be wrong with a file, or with one of its rows or fields."""


class InvalidFile(Exception):
    """The file cannot be used; the message says why, and what to do, in one line."""


class TruncatedFile(Exception):
    """The file is damaged or cut off; the rows before that were read."""


class InvalidRow(Exception):
    """A row cannot be used; the message is the reason, for the rejects file."""


class Unreadable(Exception):
    """A field cannot be read; the message is the reason. It costs the value, or the row if it must have one."""
