"""The palette keeps WCAG 2.2: computed from the style sheet that is served."""

import re

import pytest

from triage_agent.adapters.http.templating import HERE

TEXT = 4.5  # 1.4.3, level AA
MARK = 3.0  # 1.4.11: what one has to see to use a control
GROUNDS = ("ground", "raised", "chosen")
TEXTS = (
    "text",
    "quiet",
    "link",
    "high",
    "abnormal",
    "not-assessed",
    "below",
    "mine",
    "alert",
)
STYLE = (HERE / "static" / "page.css").read_text()


def palette(theme):
    colours = {}
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", STYLE.split("}", 1)[0]
    ):
        colours[name] = light if theme == "light" else dark
    return colours


def luminance(colour):
    """Relative luminance (WCAG 2.2, "relative luminance")."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_the_greatest_contrast():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read_on_every_ground(theme, ground, text):
    colours = palette(theme)
    assert contrast(colours[text], colours[ground]) >= TEXT


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_rims_and_filled_controls_can_be_seen(theme):
    colours = palette(theme)
    for ground in GROUNDS:
        assert contrast(colours["rim"], colours[ground]) >= MARK, ground
        assert contrast(colours["link"], colours[ground]) >= MARK, ground
    assert contrast(colours["on-strong"], colours["link"]) >= TEXT
    # The bar over the list that says that it is no longer kept up to date.
    assert contrast(colours["ground"], colours["alert"]) >= TEXT
