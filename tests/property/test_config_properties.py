"""Whatever stands in a configuration, it can be used or is refused with a sentence: never a traceback."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.config import load
from moderator.config.diagnosis import all_keys
from moderator.config.layers import Layer, LayerKind, leaves, line_of, nest, overlaid
from moderator.config.settings import build
from moderator.domain.policy import Policy
from moderator.errors import ConfigError

KEYS = sorted(set(all_keys()))
words = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.sampled_from(["~nobody-here/x", "http://[x", "postgresql://u@[::1", "a\0b", "sqlite://", "://", "~", "[", "{}"]),
)
scalars = st.one_of(st.booleans(), st.integers(-10, 10**6), st.floats(-1, 2), words, st.just(float("nan")))
values = st.one_of(scalars, st.lists(scalars, max_size=3), st.dictionaries(words, scalars, max_size=3))
paths = st.one_of(
    st.sampled_from(KEYS).map(lambda key: tuple(key.split("."))), st.lists(words, min_size=1, max_size=4).map(tuple)
)


def accepted(make):
    """The settings, or `None` where they were refused as they should be: by this error and no other."""
    try:
        return make()
    except ConfigError as error:
        return None if error.message and error.exit_status == 2 else pytest.fail("refused without a sentence")


def places(settings):
    return settings.data_dir, settings.models_dir, settings.log_file, settings.database_label, settings.moderator


@given(st.dictionaries(paths, values, max_size=4))
def test_a_file_is_used_or_refused_with_a_sentence(given_values):
    layer = Layer(LayerKind.FILE, "config.toml", nest(given_values.items()))
    settings = accepted(lambda: build([layer]))
    if settings is not None:
        assert isinstance(settings.policy(), Policy)
        assert all(settings.origin(key) for key, _ in settings.items())


@given(st.sampled_from(KEYS), words)
def test_a_variable_is_used_or_refused_with_a_sentence(key, text):
    name = "MODERATOR_" + key.upper().replace(".", "__")
    settings = accepted(lambda: load(env={name: text}))
    if settings is not None:
        found = accepted(lambda: places(settings))
        assert found is None or all(place.is_absolute() for place in found[:3])


nested = st.recursive(
    scalars, lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3), max_leaves=8
).filter(lambda value: isinstance(value, dict))


@given(nested, nested)
def test_what_stands_above_wins_and_what_stands_below_shows_through(below, above):
    merged = dict(leaves(overlaid(below, above)))
    stronger = dict(leaves(above))
    weaker = dict(leaves(below))
    for path, value in merged.items():
        assert value is (stronger[path] if path in stronger else weaker[path])
    assert stronger.keys() <= merged.keys()


@given(st.text(max_size=200), st.lists(st.text(max_size=5), min_size=1, max_size=3).map(tuple))
def test_looking_for_a_line_in_any_text_ends(text, path):
    line = line_of(text, path)
    assert line is None or 1 <= line <= len(text.splitlines())
