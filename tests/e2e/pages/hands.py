"""How a visitor uses a page: by mouse or by keyboard."""

from typing import Protocol

from playwright.sync_api import Locator, Page

MAX_TABS = 400


class Hands(Protocol):
    """What a visitor can do to a page."""

    def press(self, target: Locator) -> None:
        """Follow a link or press a button."""

    def type(self, field: Locator, text: str) -> None:
        """Type into an empty field."""

    def choose(self, group: Locator, position: int) -> None:
        """Choose the radio button at this position in its group, counted from 1; none is chosen yet."""


class Mouse:
    """Points and clicks."""

    def press(self, target: Locator) -> None:
        target.click()

    def type(self, field: Locator, text: str) -> None:
        field.click()
        field.press_sequentially(text)

    def choose(self, group: Locator, position: int) -> None:
        group.locator("label").nth(position - 1).click()


class Keyboard:
    """Moves the focus by Tab and presses Enter, Space and arrow keys."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, target: Locator) -> None:
        self._reach(target)
        self._page.keyboard.press("Enter")

    def type(self, field: Locator, text: str) -> None:
        self._reach(field)
        self._page.keyboard.type(text)

    def choose(self, group: Locator, position: int) -> None:
        self._reach(group.get_by_role("radio").first)
        self._page.keyboard.press("Space")
        for _ in range(position - 1):
            self._page.keyboard.press("ArrowRight")

    def _reach(self, target: Locator) -> None:
        for _ in range(MAX_TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached by Tab")
