"""How a filter line may go on, and that every way on can be read or gone on with."""

import pytest

from moderator.domain.completion import complete

KNOWN = {"lang": ["en", "ru"], "section": ["local", "letters to the editor"], "author": ["Anna", "guest"]}


@pytest.mark.parametrize(
    ("line", "ways"),
    [
        ("", []),
        ("la", ["label:", "lang:"]),
        ("insu", ["label:insult>"]),
        ("label:id", ["label:identity_attack>"]),
        ("risk>0.5 lang:r", ["risk>0.5 lang:ru"]),
        ("status:esc", ["status:escalated"]),
        ("status:escalated,d", ["status:escalated,deferred"]),
        ("section:le", ['section:"letters to the editor"']),
        ('section:"letters to', ['section:"letters to the editor"']),
        ("author:g", ["author:guest"]),
        ("author:a", ["author:Anna"]),
        ("ag", ["age<"]),
        ("order:newest", []),
        ("zzz", []),
    ],
)
def test_the_last_part_is_completed(line, ways):
    assert complete(line, KNOWN) == ways
