"""What a configuration allows and is most likely not meant: each is a warning, and the configuration can be used."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from moderator.config.diagnosis import origin_layer
from moderator.config.faults import Fault, Severity, place_of
from moderator.config.layers import dotted
from moderator.config.settings import Settings
from moderator.config.thresholds import OVERRIDING
from moderator.domain.policy import Overrides, Policy, Threshold
from moderator.domain.score import Label

HOLDS_ALL = 0.05
"""A review line below this holds nearly everything: a calibrated score of a harmless comment is often as high."""

_NEVER = 1.0
_MUCH_AUDITED = 0.5


def advice(settings: Settings, given: AbstractSet[Label] | None) -> list[Fault]:
    """Warnings about settings that can be used.

    Args:
        settings: Checked settings.
        given: Labels that the chosen scorers can give; `None` where nobody knows before they run.
    """
    policy = settings.policy()
    found = [*_holding(settings, policy), *_overriding(settings, policy), *_approving(settings, policy)]
    if given is not None:
        found += _unscored(settings, policy, given)
    return found


def _warning(settings: Settings, path: tuple[str, ...], message: str, hint: str) -> Fault:
    layer = next(filter(None, (origin_layer(settings.layers, path[:n]) for n in range(len(path), 1, -1))), None)
    said = f"{dotted(path)} {message}"
    return place_of(layer, path).fault(dotted(path), said, hint=hint, code="config.unwise", severity=Severity.WARNING)


def _limits(policy: Policy) -> Iterator[tuple[tuple[str, ...], Label, Threshold]]:
    """Every threshold with its path."""
    for label, threshold in policy.thresholds.items():
        yield ("policy", "thresholds", label.value), label, threshold
    for kind in OVERRIDING:
        overrides: Overrides = getattr(policy, kind)
        for name, own in overrides.items():
            for label, threshold in own.items():
                yield ("policy", kind, name, label.value), label, threshold


def _holding(settings: Settings, policy: Policy) -> Iterator[Fault]:
    for path, _, threshold in _limits(policy):
        if threshold.review < HOLDS_ALL:
            said = f"= {threshold.review:g} holds nearly everything: hardly any comment scores less"
            yield _warning(settings, (*path, "review"), said, "`moderator tune whatif` counts what a threshold holds.")
        elif threshold.review == threshold.priority < _NEVER:
            said = f"has review and priority at {threshold.review:g}: all that is held comes first, so nothing does"
            yield _warning(settings, path, said, "Raise priority, so that the worst comes before the rest.")
    if policy.audit_share >= _MUCH_AUDITED:
        said = f"= {policy.audit_share:g} has people look at most of what nothing was found in"
        yield _warning(settings, ("policy", "audit_share"), said, "0.02 is one in fifty, and enough to learn from.")


def _overriding(settings: Settings, policy: Policy) -> Iterator[Fault]:
    for path, label, threshold in _limits(policy):
        general = policy.thresholds.get(label)
        if path[1] == "thresholds" or general is None:
            continue
        if threshold == general:
            yield _warning(settings, path, "says what holds everywhere anyway", "It can go.")
        elif threshold.review > general.priority:
            said = f"holds from {threshold.review:g}, above the {general.priority:g} that comes first elsewhere"
            yield _warning(settings, path, said, "What is urgent on the rest of the site isn't even looked at here.")
    names = [*settings.values.sources]
    for name in policy.sources:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
        if near and name not in names:
            yield _warning(
                settings, ("policy", "sources", name), "names no source of [sources]", f"Did you mean {near[0]}?"
            )


def _approving(settings: Settings, policy: Policy) -> Iterator[Fault]:
    if not policy.auto_approve:
        return
    path = ("policy", "auto_approve")
    if not policy.audit_share:
        said = "lets comments through that nobody ever looks at, so what it misses stays unknown"
        yield _warning(settings, path, said, "Set audit_share: 0.02 has a person look at one in fifty.")
    if not policy.required:
        said = "with nothing in `required` also approves what no scorer could judge"
        yield _warning(settings, path, said, 'Name what must have been judged: required = ["toxicity"].')


def _unscored(settings: Settings, policy: Policy, given: AbstractSet[Label]) -> Iterator[Fault]:
    missing = sorted(policy.required - given)
    if missing:
        said = f"names {', '.join(missing)}, which no chosen scorer gives: every comment is held"
        yield _warning(settings, ("policy", "required"), said, "Choose another scorer, or take it out.")
    for path, label, _ in _limits(policy):
        written = origin_layer(settings.layers, path)
        if written is not None and label not in given:
            said = "counts for nothing: no chosen scorer gives that label"
            yield _warning(settings, path, said, "`moderator models list` names scorers; [scoring] chooses them.")
