"""`moderator erase`, `retention` and `subject`: what people wrote goes, or is given to them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ConfigError
from moderator.text.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderator.bootstrap import Services
    from moderator.services.erasure import Erasing, ErasurePlan

_PANEL = "Prove and repair"
_GUEST = "A guest is known by a name alone: what is here under it may be several people's."
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")]
AuthorOption = Annotated[
    str, typer.Option("--author", metavar="REF", help="Their author_ref, 32 hexadecimal digits, from an export.")
]


def register(app: typer.Typer) -> None:
    """Adds the command and the groups."""
    example = "moderator erase --comment 12 --order 'request 2026-114' --dry-run"
    command(app, example=example, panel=_PANEL)(erase)
    retention = typer.Typer(help="Erase what is old enough.", no_args_is_help=True)
    command(retention, example="moderator retention run --dry-run")(run)
    app.add_typer(retention, name="retention", rich_help_panel=_PANEL)
    subject = typer.Typer(help="What is kept of one author.", no_args_is_help=True)
    command(subject, "export", example=f"moderator subject export --author {'0f' * 16} --out data.json")(give)
    app.add_typer(subject, name="subject", rich_help_panel=_PANEL)


def erase(
    call: Call,
    *,
    author: Annotated[
        str | None,
        typer.Option("--author", metavar="REF", help="All they wrote: their author_ref, from an export."),
    ] = None,
    comment: Annotated[
        int | None, typer.Option("--comment", metavar="ID", min=1, help="One comment, by its number.")
    ] = None,
    order: Annotated[
        str, typer.Option("--order", metavar="TEXT", help="On whose order. It stays: an office or a file, no name.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    dry_run: DryRunOption = False,
) -> None:
    """Erases what somebody wrote, for good: texts, names, salts, notes, scores, index. A proof of it stays.

    The decision log stays too, and still verifies: it holds no text and no name. Backups and exported files are yours
    to delete: those that this database knows of are named.
    """
    if (author is None) == (comment is None):
        raise ConfigError("what is to be erased isn't clear", code="config.usage", hint="--author REF or --comment ID.")
    if not order.strip() and not dry_run:
        hint = "Add --order, for example --order 'data protection officer, request 2026-114'."
        raise ConfigError("on whose order?", code="config.usage", hint=hint)
    with call.services() as services:
        erasing = _erasing(services)
        plan = _author_plan(services, author) if author is not None else erasing.plan_comment(comment or 0)
        if not call.out.as_json or dry_run:
            _print_plan(call, plan, dry_run=dry_run)
        if dry_run:
            return
        if not yes:
            _confirm(len(plan.comment_ids))
        _carry_out(call, erasing, [plan], order)


def run(
    call: Call,
    *,
    dry_run: DryRunOption = False,
) -> None:
    """Erases comments that have stood in a status for as long as [retention] says. For a schedule: it asks nothing."""
    from moderator.services.erasure import retention_rules

    with call.services() as services:
        section = services.settings.values.retention
        rules = retention_rules({key.removesuffix("_days"): days for key, days in section.model_dump().items()})
        if not rules:
            call.out.remark("[retention] sets no days, so nothing goes.")
        if _nothing_kept(call, services):
            return
        erasing = _erasing(services)
        plans = [erasing.plan_rule(rule) for rule in rules]
        for plan in plans:
            if dry_run or not call.out.as_json:
                _print_plan(call, plan, dry_run=dry_run)
        due = [plan for plan in plans if plan.comment_ids]
        if due and not dry_run:
            _carry_out(call, erasing, due, "[retention] in the configuration")


def give(
    call: Call,
    *,
    author: AuthorOption,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Standard output where absent.")
    ] = None,
    with_notes: Annotated[bool, typer.Option("--with-notes", help="Also moderators' notes on their comments.")] = False,
) -> None:
    """Writes all that is kept of one author, as JSON for them.

    Texts, scores, what was decided and why, and what came of their appeals. Not by whom.
    """
    from moderator.services.export import replacing
    from moderator.services.export_files import remember_file
    from moderator.services.subject import subject_data

    with call.services() as services:
        if _nothing_kept(call, services):
            return
        key = services.settings.author_key(create=False)
        data = subject_data(services.db, author, author_key=key, with_notes=with_notes)
        if out is None:
            call.out.emit(data)
            return
        path = out.expanduser()
        with replacing(path) as file:
            file.write(json.dumps(data, indent=2, ensure_ascii=True) + "\n")
        remember_file(services.db, path, "subject")
    if data["author"]["kind"] == "guest":
        call.out.remark(_GUEST)
    call.out.remark(f"{len(data['comments']):,} comments written to {out}")


def _erasing(services: Services) -> Erasing:
    from moderator._version import __version__
    from moderator.services.erasure import Erasing

    return Erasing(services.db, moderator=services.settings.moderator, app_version=__version__)


def _author_plan(services: Services, ref: str) -> ErasurePlan:
    # A key that is missing is an error only where somebody's reference can have been made with it.
    from moderator.services.erasure import nobody, nothing_kept

    if nothing_kept(services.db):
        raise nobody()
    return _erasing(services).plan_author(ref, services.settings.author_key(create=False))


def _nothing_kept(call: Call, services: Services) -> bool:
    """Says so where no comment was ever taken in. Then no author key was needed yet, and none is asked for."""
    from moderator.services.erasure import nothing_kept

    nothing = nothing_kept(services.db)
    if nothing:
        call.out.remark("No comment was ever taken in here: nothing is kept of anybody.")
    return nothing


def _print_plan(call: Call, plan: ErasurePlan, *, dry_run: bool) -> None:
    exports = [file.path for file in plan.exports]
    backups = [str(path) for path in plan.backups]
    if call.out.as_json:
        counts = {"comments": len(plan.comment_ids), "texts": plan.texts, "notes": plan.notes}
        about = {"kind": plan.kind.value, "subject": plan.subject}
        call.out.emit({**about, **counts, "exports": exports, "backups": backups, "dry_run": dry_run})
        return
    if plan.guest:
        call.out.remark(_GUEST)
    verb = "would go" if dry_run else "will go"
    counts = f"{len(plan.comment_ids):,} comments, {plan.texts:,} texts, {plan.notes:,} notes"
    call.out.say(f"{plan.kind.value} {plan.subject}: {counts} {verb}.")
    _name_copies(call, "Exported files that may hold them, yours to delete:", exports)
    _name_copies(call, "Backups that hold them until you delete them:", backups)


def _name_copies(call: Call, title: str, paths: Sequence[str]) -> None:
    if paths:
        call.out.say("\n  ".join([title, *paths]))


def _confirm(count: int) -> None:
    """Lets somebody type how many comments go: a habit doesn't."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError("nobody is there to confirm it", code="config.usage", hint="Add --yes.")
    sys.stderr.write(visible(f"This can't be undone. Type the number of comments ({count}) to erase them: "))
    sys.stderr.flush()
    if sys.stdin.readline().strip() != str(count):
        raise ConfigError("that's another number: nothing was erased", code="config.confirm")


def _carry_out(call: Call, erasing: Erasing, plans: Sequence[ErasurePlan], order: str) -> None:
    from moderator.cli.records import erasure_record

    for plan in plans:
        with call.out.progress("Erasing") as bar:
            proofs = erasing.carry_out(plan, order, bar)
        for proof in proofs:
            if call.out.as_json:
                call.out.emit(erasure_record(proof))
            else:
                call.out.say(
                    f"Erased {proof.comments:,} comments: erasure {proof.seq}, by order of {proof.ordered_by}."
                )
    with call.out.progress("Rewriting the file"):
        erasing.sweep()
