"""Reads the fields of a file, each kind of value in its own module; they raise Unreadable with a reason."""
