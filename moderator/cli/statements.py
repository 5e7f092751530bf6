"""`moderator statements`: what authors and the EU Transparency Database are told of rejections. Sends nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ConfigError, ConnectorError

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.services.statements.writing import Statements

_PANEL = "Comments in, decisions out"
_MOST_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="Statements of reasons (DSA, Article 17) for rejections.", no_args_is_help=True)
    command(group, example="moderator statements show 12 --language de")(show)
    command(group, example="moderator statements export --since '7 days ago' --out statements")(export)
    command(group, example="moderator statements check statements/statements-0001.json")(check)
    app.add_typer(group, name="statements", rich_help_panel=_PANEL)


def show(
    call: Call,
    *,
    seq: Annotated[int, typer.Argument(metavar="SEQ", min=1, help="Number of the decision, as in the history.")],
    language: Annotated[
        str | None, typer.Option("--language", metavar="CODE", help="Instead of the comment's: en, de, uk, ru, yours.")
    ] = None,
) -> int:
    """Prints the letter to the author of a rejected comment; with --json, the EU Transparency Database's statement."""
    from moderator.services.statements.rules import problems

    with call.services(of_demo=True) as services:
        statements = make(services)
        if not call.out.as_json:
            call.out.say(statements.letter(seq, language).text)
            return 0
        statement = statements.statement(seq)
    call.out.emit(statement)
    found = problems(statement)
    for problem in found:
        call.out.remark(f"The database would refuse it: {problem}.")
    return 1 if found else 0


def export(
    call: Call,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Made where it isn't there.")],
    since: Annotated[str | None, typer.Option(metavar="TIME", help="From then on: 2026-11-01, '2 days ago'.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before then.")] = None,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="Only this source's.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="CODE", help="Only for this reason.")] = None,
) -> int:
    """Writes statements of rejections that stand: a hundred to a file for the database, and letters.jsonl for authors.

    Sending is yours: each file is the body of one call to the database's API. What the database would refuse is named
    and left out, and the exit status is 1. Letters name articles, never authors.
    """
    from moderator.cli.times import check_window, moment
    from moderator.domain.decision_log import DecisionFilter

    folder = out.expanduser()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        hint = "Name a folder, or a new one in a place that you may write to."
        raise ConnectorError(f"{folder}: {error.strerror or error}", code="statements.folder", hint=hint) from error
    with call.services(of_demo=True) as services:
        settings = services.settings
        wanted = DecisionFilter(
            since_ms=moment(since, "--since", settings),
            until_ms=moment(until, "--until", settings),
            source=source,
            reason=reason,
        )
        check_window(wanted.since_ms, wanted.until_ms)
        with call.out.progress("Writing statements") as bar:
            done = make(services).write(wanted, folder, lambda rows: bar(rows, None))
    for seq, problems in list(done.refused.items())[:_MOST_SHOWN]:
        call.out.remark(f"Decision {seq}: {'; '.join(problems)}.")
    if call.out.as_json:
        files = [str(path) for path in done.files]
        refused = [{"seq": seq, "problems": found} for seq, found in done.refused.items()]
        call.out.emit({"statements": done.statements, "letters": done.letters, "files": files, "refused": refused})
    else:
        call.out.say(f"{done.statements:,} statements and {done.letters:,} letters written to {folder}")
    return 1 if done.refused else 0


def check(
    call: Call,
    *,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of statements, as `export` writes.")],
) -> int:
    """Checks files against the rules of the EU Transparency Database: fields, lengths, values. Sends nothing."""
    from moderator.services.statements.writing import read_file

    bad = 0
    for path in files:
        try:
            found = list(read_file(path.expanduser()))
        except (OSError, ValueError, KeyError) as error:
            what = getattr(error, "strerror", None) or "not a file of statements"
            raise ConfigError(f"{path}: {what}", code="statements.file") from error
        for puid, problems in found:
            for problem in problems:
                bad += 1
                call.out.say(f"{path.name}{f', {puid}' if puid else ''}: {problem}")
        call.out.remark(f"{path.name}: {len(found) - 1} statements")
    return 1 if bad else 0


def make(services: Services) -> Statements:
    """Statements as configured.

    Raises:
        ConfigError: The operator's templates can't be used.
    """
    from moderator.services.statements.letters import Letters
    from moderator.services.statements.writing import Statements, Terms

    given = services.settings.values.statements
    folder = services.settings.statement_templates
    terms = Terms(**given.model_dump(exclude={"templates"}))
    return Statements(services.db, Letters(folder, given.language), terms)
