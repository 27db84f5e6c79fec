"""Every mail in Chromium, in English and Russian, on a phone and wide, in the light and in the dark."""

from typing import Literal

import pytest
from playwright.sync_api import Browser

from notices.rendering import render
from tests.notices.samples import KINDS, message

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CONTRAST = """() => {
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((part) => part / 255)
      .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if (color !== "rgba(0, 0, 0, 0)") return color;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.body.querySelectorAll("h1, p, td, th, a")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => {
      const tones = [getComputedStyle(element).color, background(element)].map(luminance).sort((a, b) => b - a);
      return [(tones[0] + 0.05) / (tones[1] + 0.05), element.textContent.trim()];
    })
    .filter(([contrast]) => contrast < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("width", [375, 700])
def test_every_mail_is_readable(
    browser: Browser, width: int, language: str, scheme: Literal["light", "dark"]
) -> None:
    """It fits the width, its text stands out from its background, and nothing is loaded from elsewhere."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    for kind in KINDS:
        page.set_content(render(message(kind, language)).html)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, kind
        assert page.evaluate(CONTRAST) == [], kind
        assert page.locator("h1").count() == 1, kind
        for link in page.locator("a").all():
            box = link.bounding_box()
            assert box is not None
            assert box["height"] >= 40, kind
    assert requested == []
    page.close()
