"""Prints the reference of all types of events, which docs/events.md ends with: `python -m events`."""

import sys

from events.reference import markdown

if __name__ == "__main__":
    sys.stdout.write(markdown())
