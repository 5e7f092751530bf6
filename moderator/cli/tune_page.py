"""`moderator tune report --html` and `tune compare --html`: everything on one page."""

from __future__ import annotations

from collections.abc import Iterable

from moderator.cli.tune_compare import MAPPED, MAPPED_COLUMNS, MOVED_COLUMNS, mapped_rows, moved_rows
from moderator.cli.tune_compare import sentences as comparison_sentences
from moderator.cli.tune_report import COLUMNS, GROUP_COLUMNS, group_rows, sentences, table_rows
from moderator.cli.tune_swaps import SWAP_COLUMNS, swap_rows, swap_sentence
from moderator.services.tuning.charts import drift_charts, label_charts
from moderator.services.tuning.drift import Drift
from moderator.services.tuning.page import figures, heading, page, paragraph, table
from moderator.services.tuning.report import TuneReport
from moderator.services.tuning.swaps import Swaps


def report_page(found: TuneReport, swapped: Swaps | None = None) -> str:
    """The report as a page that needs nothing else."""
    return page("What decisions say of scores", _parts(found, swapped))


def _parts(found: TuneReport, swapped: Swaps | None) -> Iterable[str]:
    for line in sentences(found):
        yield paragraph(line, warns=line.startswith("CAREFUL"))
    yield table(COLUMNS, table_rows(found))
    yield paragraph("Precision, recall and the share of approved comments held are at the threshold `at`.")
    if any(not one.enough for one in found.labels):
        yield paragraph("*: fewer than 20 rejected or approved comments: too little to go by.")
    if swapped is not None:
        yield paragraph(swap_sentence(swapped))
        yield table(SWAP_COLUMNS, swap_rows(swapped))
    for one in found.labels:
        if one.comments:
            yield heading(one.label.value.replace("_", " "))
            yield paragraph(f"Scored by {one.scorer.name} {one.scorer.version}.")
            yield figures(label_charts(one))
            if one.groups:
                yield table(GROUP_COLUMNS, group_rows(one.groups))


def comparison_page(found: Drift) -> str:
    """The comparison of two scorers as a page that needs nothing else."""
    return page("How scores moved", _compared(found))


def _compared(found: Drift) -> Iterable[str]:
    for line in comparison_sentences(found):
        yield paragraph(line)
    if not found.both:
        return
    yield table(MOVED_COLUMNS, moved_rows(found))
    yield paragraph(
        "Median score with the old scorer and with the new one, mean shift, largest move, rank correlation, and the "
        "area under each one's ROC curve on what people decided."
    )
    yield table(MAPPED_COLUMNS, mapped_rows(found))
    yield paragraph(MAPPED)
    yield figures(drift_charts(found))
