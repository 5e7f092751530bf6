"""The tree of commands, as Typer sees it. Only the modules that a command line needs are imported."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Annotated

import typer

from moderator._version import __version__
from moderator.cli.call import Call, Globals, finish
from moderator.cli.frame import ConfigOption, DatabaseOption, DataDirOption, JsonOption, QuietOption
from moderator.cli.review import ModeratorOption, QueueOption

MODULES: dict[str, tuple[str, ...]] = {
    "review": ("review",),
    "demo": ("demo",),
    "queue": ("queue",),
    "decisions": ("decide", "undo", "history"),
    "intake": ("intake",),
    "stats": ("stats",),
    "sources": ("sources",),
    "deliver": ("deliver",),
    "export": ("export",),
    "statements": ("statements",),
    "appeals": ("appeal",),
    "quality": ("quality",),
    "check": ("check",),
    "score": ("score",),
    "evaluate": ("eval",),
    "tune": ("tune",),
    "models": ("models", "train"),
    "config": ("config",),
    "doctor": ("doctor",),
    "database": ("db",),
    "audit": ("audit",),
    "erasure": ("erase", "retention", "subject"),
}
"""Modules of this package and the commands or groups that each brings, in the order of the help."""

_TAKES_A_VALUE = frozenset({"--config", "--data-dir", "--database", "--moderator", "--queue"})


def modules_for(arguments: Sequence[str]) -> tuple[str, ...]:
    """Modules that a command line needs: its command's, or all of them where there's none to be seen.

    Args:
        arguments: What stands after the program's name.
    """
    rest = iter(arguments)
    for argument in rest:
        if argument in _TAKES_A_VALUE:
            next(rest, None)
        elif not argument.startswith("-"):
            found = tuple(module for module, names in MODULES.items() if argument in names)
            return found or tuple(MODULES)
        elif argument in {"-h", "--help", "--"} or argument.endswith("completion"):
            return tuple(MODULES)
    return tuple(MODULES) if "_MODERATOR_COMPLETE" in os.environ else ("review",)


def build(modules: Iterable[str] = tuple(MODULES)) -> typer.Typer:
    """The tree with the commands of some modules, of all by default."""
    app = typer.Typer(
        name="moderator",
        help="A desk in the terminal for the people who decide which comments are published.",
        epilog="Example: moderator demo",
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for module in modules:
        import_module(f"moderator.cli.{module}").register(app)
    return app


def _print_version(value: bool) -> None:
    if value:
        print(f"moderator {__version__}")  # noqa: T201  # our own words
        raise typer.Exit


def _root(
    ctx: typer.Context,
    *,
    moderator: ModeratorOption = None,
    queue: QueueOption = "",
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    version: Annotated[  # noqa: ARG001  # its callback prints and leaves
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Opens the desk when no command is named: `moderator` is `moderator review`."""
    ctx.obj = Globals(config, data_dir, database, as_json, quiet)
    if ctx.invoked_subcommand is None:
        from moderator.cli.desk import open_desk

        raise typer.Exit(finish(lambda: open_desk(Call(ctx.obj), moderator, queue)))
