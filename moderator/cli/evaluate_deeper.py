"""What `moderator eval` shows beside the measures: groups that fare worse, and the worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from moderator.cli.call import Call
from moderator.cli.figures import figure, number

if TYPE_CHECKING:
    from moderator.services.evaluation import Evaluation
    from moderator.services.labelled import LabelledText


def print_groups(call: Call, found: Evaluation) -> None:
    """Prints each label by the groups of each field, and how far they lie apart."""
    from moderator.cli.output import Column

    for label, fields in found.gaps.items():
        for name, gaps in fields.items():
            if not gaps.groups:
                continue
            call.out.say()
            columns = [Column(f"{label.replace('_', ' ')}, by {name}"), Column("texts", 6, right=True)]
            columns += [Column(title, 8, right=True) for title in ("positive", "recall", "false", "AUC")]
            rows = [
                [group, str(one.texts), str(one.positives), *map(figure, (one.recall, one.false_alarms, one.auc))]
                for group, one in gaps.groups.items()
            ]
            call.out.table(columns, rows)
            call.out.say(
                f"Largest gap, groups of at least 20: recall {figure(gaps.recall)}, false alarms "
                f"{figure(gaps.false_alarms)}."
            )


def print_mistakes(call: Call, found: Evaluation, texts: Sequence[LabelledText], *, reveal: bool) -> None:
    """Prints the texts that scores judge worst, each word masked unless asked otherwise."""
    import shutil

    from moderator.text.visible import visible_line
    from moderator.tui.masking import masked
    from moderator.tui.widgets.cells import fit

    width = shutil.get_terminal_size((80, 24)).columns
    for label, mistakes in found.mistakes.items():
        if not mistakes:
            continue
        call.out.say()
        call.out.say(f"{label.replace('_', ' ')}, worst mistakes (line, label, score):")
        for one in mistakes:
            head = f"  {one.line:>7} {figure(one.truth, 1):>4} {figure(one.score, 2):>5}  "
            text = visible_line(texts[one.index].request.text, 400)
            call.out.say(head + fit(text if reveal else masked(text), max(width - len(head) - 1, 20)).rstrip())


def deeper_record(found: Evaluation) -> dict[str, Any]:
    """The same for programs: mistakes by their lines, no text."""
    return {
        "groups": {
            label.value: {
                name: {
                    "recall_gap": number(gaps.recall),
                    "false_alarms_gap": number(gaps.false_alarms),
                    "groups": {
                        group: {"texts": one.texts, "positives": one.positives}
                        | {key: number(getattr(one, key)) for key in ("recall", "false_alarms", "auc")}
                        for group, one in gaps.groups.items()
                    },
                }
                for name, gaps in fields.items()
            }
            for label, fields in found.gaps.items()
        },
        "mistakes": {
            label.value: [
                {"line": one.line, "label": number(one.truth), "score": number(one.score)} for one in mistakes
            ]
            for label, mistakes in found.mistakes.items()
        },
        "reliability": {
            label.value: [
                {"score": number(score), "texts": int(count), "share": number(share.value)}
                for score, count, share in zip(one.score.tolist(), one.comments.tolist(), one.rejected, strict=True)
            ]
            for label, one in found.reliability.items()
        },
    }
