"""`moderator config`: what is in force, whether it can be used, and where it's looked for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderator.cli.call import Call
from moderator.cli.frame import command
from moderator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderator.config.faults import Fault


_WIDEST = 40


def register(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="Show, check and find the configuration.", no_args_is_help=True)
    command(group, example="moderator config show policy")(show)
    command(group, example="moderator config check new.toml")(check)
    command(group, example="moderator config path")(path)
    app.add_typer(group, name="config", rich_help_panel="Set up")


def show(
    call: Call,
    key: Annotated[str, typer.Argument(metavar="KEY", help="A key or a section; everything where absent.")] = "",
) -> None:
    """Prints every value in force and where it comes from. Secrets are not among them."""
    from moderator.cli.output import Column

    settings = call.settings
    found = [(name, value) for name, value in settings.items() if name == key or not key or name.startswith(f"{key}.")]
    if not found:
        settings.origin(key)  # tells the nearest key where there is none
    if call.out.as_json:
        for name, value in found:
            call.out.emit({"key": name, "value": value, "origin": settings.origin(name)})
        return
    rows = [[name, json.dumps(value, ensure_ascii=False), settings.origin(name)] for name, value in found]
    # Where a value comes from is what is asked here: it's shown whole as long as some room is left for the value.
    key_width, from_width = (min(max((len(row[at]) for row in rows), default=0), _WIDEST) for at in (0, 2))
    call.out.table([Column("key", key_width), Column("value"), Column("from", from_width)], rows)


def check(
    call: Call,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A file to check before you use it.")] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 where something is unwise.")] = False,
) -> int:
    """Checks what is in force, or what a file would make of it: every fault with file, line, key and what is allowed.

    Ends with 2 where something can't be used. What can be used and is most likely not meant is a warning.
    """
    if file is not None:
        call.given = call.given.overlaid(type(call.given)(config=file))
    from moderator.config import faults_in
    from moderator.config.faults import Severity

    faults = faults_in(call.all_flags(), path=call.given.config)
    settings = None if faults else call.settings
    if settings is not None:
        from moderator.cli.config_check import deeper_faults

        faults = deeper_faults(settings)
    errors = sum(fault.severity is Severity.ERROR for fault in faults)
    if call.out.as_json:
        hashed = settings.config_hash if settings and not errors else None
        files = list(settings.files) if settings else []
        call.out.emit({"files": files, "config_hash": hashed, "faults": [_as_record(fault) for fault in faults]})
    else:
        _print_faults(call, faults)
        if settings is not None and not errors:
            read = ", ".join(settings.files) or "no file, only defaults"
            call.out.say(f"The configuration can be used ({read}). Hash {settings.config_hash}.")
    return ConfigError.exit_status if errors else int(strict and bool(faults))


def _print_faults(call: Call, faults: Sequence[Fault]) -> None:
    for fault in sorted(faults, key=lambda one: (one.severity, one.file or "", one.line or 0)):
        call.out.say(f"{fault.severity.value}: {fault}")
        if fault.hint:
            call.out.say(f"  {fault.hint}")


def _as_record(fault: Fault) -> dict[str, object]:
    return {
        "severity": fault.severity.value,
        "code": fault.code,
        "key": fault.key,
        "file": fault.file,
        "line": fault.line,
        "where": fault.where,
        "message": fault.message,
        "hint": fault.hint,
    }


def path(call: Call) -> None:
    """Prints the files that are looked for, the strongest first, and the example that explains every key."""
    from moderator.cli.shipped import shipped_file
    from moderator.config.layers import config_files

    files = [(str(file.absolute()), file.is_file()) for file, _ in config_files(os.environ, call.given.config)]
    example = str(shipped_file("config.toml"))
    if call.out.as_json:
        call.out.emit({"files": [{"path": file, "exists": there} for file, there in files], "example": example})
        return
    for file, there in files:
        call.out.say(f"{file}{'' if there else '  (not there)'}")
    call.out.say(f"Every key explained: {example}")
