"""Every text of every theme can be read on what it stands on, and the calm theme is."""

import colorsys
import re
from pathlib import Path

import pytest
from textual.color import Color

from moderator.tui.themes import THEMES, VARIABLE_DEFAULTS

AA = 4.5
"""Contrast that text needs. Source: WCAG 2.2, success criterion 1.4.3."""

STYLES = Path(__file__).parents[2] / "moderator" / "tui" / "screens"
BACKGROUNDS = ("background", "surface", "panel", "desk-cursor")
NOT_TEXT = {"desk-cursor", "desk-line", "desk-track"}
"""Backgrounds, borders and the empty part of a bar: no text is written in them."""


def colours(theme):
    """Every colour of a theme by name."""
    plain = ("primary", "foreground", "background", "surface", "panel", "warning", "error", "success", "accent")
    return {name: getattr(theme, name) for name in plain} | {**VARIABLE_DEFAULTS, **theme.variables}


def luminance(colour):
    """Relative luminance. Source: WCAG 2.2, definition of relative luminance."""
    parts = [part / 255 for part in Color.parse(colour).rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def named_in_styles(prefix):
    text = "".join(path.read_text(encoding="utf-8") for path in STYLES.glob("*.tcss"))
    return set(re.findall(rf"(?<![-\w]){prefix}: \$([\w-]+)", text))


def test_contrast_is_measured_as_the_standard_says():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_style_sheets_use_no_other_colours_than_those_that_are_checked():
    texts = named_in_styles("color")
    assert texts - NOT_TEXT <= set(colours(THEMES[0]))
    assert named_in_styles("background") <= set(BACKGROUNDS)
    assert "desk-muted" in texts


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_every_background_of_its_theme(theme):
    known = colours(theme)
    texts = (named_in_styles("color") | {"foreground", "primary"}) - NOT_TEXT
    weak = {
        (text, ground): round(contrast(known[text], known[ground]), 2)
        for text in texts
        for ground in BACKGROUNDS
        if contrast(known[text], known[ground]) < AA
    }
    assert weak == {}


def test_every_theme_brings_every_colour_of_the_desk_itself():
    for theme in THEMES:
        assert set(theme.variables) >= set(VARIABLE_DEFAULTS), theme.name


def test_the_calm_theme_has_nothing_red_or_glaring():
    (calm,) = (theme for theme in THEMES if theme.name == "calm")
    for name, colour in colours(calm).items():
        red, green, blue = (part / 255 for part in Color.parse(colour).rgb)
        hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
        assert 60 <= hue * 360 <= 300, name
        assert saturation < 0.55, name


def test_the_colour_blind_theme_keeps_apart_what_a_dichromat_mixes_up():
    """As seen with deuteranopia, what stands for different things keeps a distance. Source: Viénot et al., 1999."""
    (theme,) = (theme for theme in THEMES if theme.name == "colour-blind")

    def seen(colour):
        red, green, blue = ((part / 255) ** 2.2 for part in Color.parse(colour).rgb)
        mixed = 0.29275 * red + 0.70725 * green
        return tuple(part ** (1 / 2.2) for part in (mixed, mixed, max(-0.02234 * red + 0.02234 * green + blue, 0)))

    pairs = [("desk-priority", "desk-review"), ("desk-priority", "desk-calm"), ("desk-good", "desk-problem")]
    for one, other in pairs:
        first, second = seen(theme.variables[one]), seen(theme.variables[other])
        assert sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5 > 0.15, (one, other)
