from pathlib import Path

from moderator.domain.filter import KEYS as FILTERS
from moderator.tui.keys import KEYS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")


def test_every_key_is_in_the_docs_with_its_title():
    missing = [key.id for key in KEYS if f"| `{key.id}` | {key.title} |" not in DOCUMENT]
    assert not missing


def test_every_filter_is_in_the_docs():
    assert all(f"| `{example}` |" in DOCUMENT for example in FILTERS.values())
