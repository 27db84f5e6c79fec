"""A memory of what was used last."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Remembers the values used last: `size` of them, and up to as many again.

    Any thread may use it at any time, and none waits: it is two dictionaries, of which the older one is dropped
    whenever the younger one is full.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._younger: dict[Key, Value] = {}
        self._older: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """What was put under the key, None where it is forgotten."""
        value = self._younger.get(key)
        if value is None:
            value = self._older.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Remember a value, which is not None."""
        younger = self._younger
        if len(younger) >= self._size:
            # Two threads may both do so: then a little more is forgotten.
            self._older, self._younger = younger, {}
            younger = self._younger
        younger[key] = value

    def clear(self) -> None:
        """Forget everything."""
        self._younger, self._older = {}, {}
