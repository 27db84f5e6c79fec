"""How a visitor uses a page: by mouse, or by keyboard alone."""

from typing import Protocol

from playwright.sync_api import Locator, Page

MOST_TABS = 400


class Hands(Protocol):
    """What a visitor can do to a page."""

    def press(self, target: Locator) -> None:
        """Follow a link or press a button."""

    def type(self, field: Locator, text: str) -> None:
        """Write into an empty field."""

    def choose(self, group: Locator, place: int) -> None:
        """Choose the radio button at this place of its group, from 1, where none is chosen yet."""


class Mouse:
    """Points and clicks."""

    def press(self, target: Locator) -> None:
        target.click()

    def type(self, field: Locator, text: str) -> None:
        field.click()
        field.press_sequentially(text)

    def choose(self, group: Locator, place: int) -> None:
        group.locator("label").nth(place - 1).click()


class Keyboard:
    """Goes from one thing to the next by Tab, and presses Enter, Space and arrows."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, target: Locator) -> None:
        self._reach(target)
        self._page.keyboard.press("Enter")

    def type(self, field: Locator, text: str) -> None:
        self._reach(field)
        self._page.keyboard.type(text)

    def choose(self, group: Locator, place: int) -> None:
        self._reach(group.get_by_role("radio").first)
        self._page.keyboard.press("Space")
        for _ in range(place - 1):
            self._page.keyboard.press("ArrowRight")

    def _reach(self, target: Locator) -> None:
        for _ in range(MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached by Tab")
