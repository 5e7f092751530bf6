"""The key table: what the user may change, and what happens when it doesn't fit."""

import pytest

from moderator.domain.decision import REASONS
from moderator.tui.bindings import bind_actions, bind_reasons
from moderator.tui.keys import KEYS, SHIPPED, resolve, split_keys, twins, with_twins
from moderator.tui.reasons import pick_reasons
from moderator.tui.screens.review import ReviewScreen


def test_the_shipped_keys_do_not_clash():
    assert resolve({}).problem is None
    taken = [key for keys in SHIPPED.keys.values() for key in split_keys(with_twins(keys))]
    assert len(taken) == len(set(taken))


def test_every_key_of_the_table_has_its_action_and_its_binding():
    bound = bind_actions(SHIPPED, {key.id: key.id for key in KEYS})
    for key in KEYS:
        assert hasattr(ReviewScreen, f"action_{key.id}"), key.id
        assert any(binding.action == key.id for _, binding in bound), key.id


def test_every_reason_has_its_key_and_its_cyrillic_twins():
    bound = bind_reasons(REASONS)
    assert bound.key_to_bindings["i"][0].action == bound.key_to_bindings["ш"][0].action == "reason('insult')"
    assert all(binding.priority for _, binding in bound), "so that it can't be overtaken"


def test_own_keys_are_laid_over_the_shipped_ones():
    keymap = resolve({"approve": "y, enter", "skip": "a"})
    assert keymap.problem is None
    assert keymap.keys["approve"] == "y,enter"
    assert keymap.shown("approve") == "y"
    assert keymap.keys["reject"] == "r"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"aprove": "y"}, "no action named 'aprove' (did you mean 'approve'?)"),
        ({"approve": "r"}, "'r' is set for both 'approve' and 'reject'"),
        ({"approve": ""}, "'approve' has no key"),
        ({"approve": "pgdn"}, "'pgdn' for 'approve' isn't a key"),
        ({"approve": "escape"}, "'escape' can't be given to 'approve'"),
        ({"approve": "ab"}, "'ab' for 'approve' isn't a key"),
    ],
)
def test_a_mistake_gives_the_shipped_keys_and_a_sentence(own, said):
    keymap = resolve(own)
    assert said in keymap.problem
    assert keymap.keys == SHIPPED.keys


def test_the_bottom_line_shows_the_keys_in_force_and_help_last():
    hints = resolve({"approve": "y"}).hints()
    assert hints[0] == ("y", "approve")
    assert hints[-1] == ("?", "keys")


@pytest.mark.parametrize(
    ("key", "typed"), [("a", ("ф",)), ("s", ("ы", "\u0456")), ("]", ("ъ", "ї")), ("/", ()), ("up", ())]
)
def test_a_cyrillic_layout_types_other_letters_at_the_same_place(key, typed):
    assert twins(key) == typed


def test_own_reasons_need_a_key_each():
    mine = (("rude", "r", "rude"), ("spam", "s", "spam"))
    reasons, problem = pick_reasons(mine)
    assert [(one.code, one.key, one.title) for one in reasons] == list(mine)
    assert problem is None
    reasons, problem = pick_reasons((("rude", "r", "rude"), ("spam", "r", "spam")))
    assert reasons == REASONS
    assert "'rude' and 'spam' share the key 'r'" in problem
    assert "needs one single key" in pick_reasons((("rude", "rr", "rude"),))[1]
    assert pick_reasons(()) == (REASONS, None)
