import re
from pathlib import Path

from moderator.domain.filter import KEYS as FILTERS
from moderator.tui.keys import KEYS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")
IN_CODE = set(
    re.findall(r"[A-Za-z_]+", " ".join(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", DOCUMENT, flags=re.DOTALL))))
)


def test_every_action_that_can_have_another_key_is_named():
    assert not {key.id for key in KEYS} - IN_CODE


def test_every_condition_of_the_filter_line_is_named():
    assert not set(FILTERS) - IN_CODE
