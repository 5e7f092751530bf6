"""Plug-ins are found without an import, and refused with a sentence when they can't be used."""

import sys
from importlib.metadata import EntryPoint

import pytest
import typing_extensions

from moderator import plugins
from moderator.errors import PluginError
from moderator.plugins import Group, Plugin

MODULE = """
from moderator.connectors.base import Position

class Good:
    name = "good"
    position = Position("good", None, 0, None)
    def __init__(self, path=""):
        self.path = path
    def records(self):
        return iter(())

class Lacking:
    name = "lacking"

def factory(path=""):
    return Lacking()

NUMBER = 3
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "strangers_module.py").write_text(MODULE)
    (tmp_path / "broken_module.py").write_text("raise RuntimeError('a reader said \\x1b[2J')")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("strangers_module", None)


def source(attribute, module="strangers_module"):
    return Plugin(Group.SOURCES, "mine", f"{module}:{attribute}", "strangers 1.0")


def finder(*entries):
    def find(*, group):
        return [EntryPoint(name, value, group) for name, value in entries]

    return find


def test_our_own_scorers_are_plugins_like_any_other():
    code = "torch" in sys.modules
    assert plugins.installed(Group.SCORERS)["embedded"].target == "moderator.scoring.embedded:EmbeddedScorer"
    spec = plugins.scorer_spec("detoxify", {"variant": "unbiased"})
    assert (spec.name, spec.options) == ("detoxify", {"variant": "unbiased"})
    assert ("torch" in sys.modules) == code


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(PluginError, match="no scorer is called 'embeded'") as caught:
        plugins.scorer_spec("embeded")
    assert caught.value.hint == "Did you mean embedded?"
    assert caught.value.exit_status == 2
    with pytest.raises(PluginError, match="no sink is called") as caught:
        plugins.named(Group.SINKS, "x\x1b[2J", finder())
    assert "\x1b" not in caught.value.message
    assert caught.value.hint == "Installed: none."


def test_two_packages_under_one_name_are_refused_and_one_twice_is_not():
    twice = finder(("mine", "a:B"), ("mine", "a:B"))
    assert plugins.installed(Group.SOURCES, twice)["mine"].target == "a:B"
    with pytest.raises(PluginError, match="two packages offer 'mine'"):
        plugins.installed(Group.SOURCES, finder(("mine", "a:B"), ("mine", "c:D")))


def test_a_plugin_that_keeps_the_protocol_is_made(package):
    assert plugins.make(source("Good"), path="x").path == "x"


@pytest.mark.parametrize(
    ("attribute", "sentence"),
    [
        ("Lacking", "plug-in mine of strangers 1.0 doesn't keep the protocol Source: it lacks position, records"),
        ("factory", "doesn't keep the protocol Source: it lacks position, records"),
        ("NUMBER", "names a value, no class or function: int"),
        ("Nowhere", "can't be imported from strangers_module:Nowhere: AttributeError"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_refused(package, attribute, sentence):
    with pytest.raises(PluginError, match=sentence):
        plugins.make(source(attribute))


def test_a_plugin_that_fails_while_it_is_imported_is_refused_without_its_words(package):
    with pytest.raises(PluginError, match="can't be imported from broken_module:X: RuntimeError") as caught:
        plugins.load(source("X", "broken_module"))
    assert "reader" not in str(caught.value)


def test_options_that_a_plugin_does_not_take_are_named(package):
    with pytest.raises(PluginError, match="can't be made") as caught:
        plugins.make(source("Good"), url="x")
    assert caught.value.hint == "Its options are url; does it take others?"


def test_the_table_of_members_is_the_protocols_own():
    for protocol, members in plugins._PROTOCOLS.values():
        assert set(members) == typing_extensions.get_protocol_members(protocol)
