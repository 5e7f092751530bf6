"""What every command has in common: its global options, its settings and services, and how it ends.

A command is a function that takes a `Call` and its own options:

    @command(app, example="moderator history --limit 5")
    def history(call: Call, limit: Annotated[int, typer.Option(help="How many.")] = 20) -> int | None: ...

`--config`, `--data-dir`, `--database`, `--json` and `-q` are added to each, and may stand before the command too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from moderator.cli.failures import settle
from moderator.cli.output import Output

if TYPE_CHECKING:
    from moderator.bootstrap import Services
    from moderator.config.settings import Settings

GLOBAL = "For every command"

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Read this configuration too.", rich_help_panel=GLOBAL)
]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Where database, log and weights live.", rich_help_panel=GLOBAL),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="A path, or postgresql://user@host/name.", rich_help_panel=GLOBAL),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No remarks and no progress.", rich_help_panel=GLOBAL)]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON for programs.", rich_help_panel=GLOBAL)]

_COMMON: dict[str, tuple[Any, Any]] = {
    "config": (ConfigOption, None),
    "data_dir": (DataDirOption, None),
    "database": (DatabaseOption, None),
    "as_json": (JsonOption, False),
    "quiet": (QuietOption, False),
}


@dataclass(frozen=True, slots=True)
class Globals:
    """The global options as given."""

    config: Path | None = None
    data_dir: Path | None = None
    database: str | None = None
    as_json: bool = False
    quiet: bool = False

    def overlaid(self, above: Globals) -> Globals:
        """These options with those that stand after the command laid over them."""
        return Globals(
            above.config or self.config,
            above.data_dir or self.data_dir,
            above.database or self.database,
            above.as_json or self.as_json,
            above.quiet or self.quiet,
        )


@dataclass(slots=True)
class Call:
    """One run of one command.

    Attributes:
        given: The global options.
        flags: Settings that the command's own options set, by dotted key.
        out: How to print.
    """

    given: Globals
    flags: dict[str, Any] = field(default_factory=dict[str, Any])
    out: Output = field(init=False)
    _settings: Settings | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.out = Output(as_json=self.given.as_json, quiet=self.given.quiet)

    def all_flags(self) -> dict[str, Any]:
        """Settings that the command line sets, by dotted key."""
        data_dir = str(self.given.data_dir) if self.given.data_dir else None
        return {"data_dir": data_dir, "database": self.given.database, **self.flags}

    @property
    def settings(self) -> Settings:
        """The settings in force, read and checked at first use; from then on the log is open.

        Raises:
            ConfigError: They can't be used.
        """
        if self._settings is None:
            from moderator import logs
            from moderator.config import load

            self._settings = load(self.all_flags(), path=self.given.config)
            logs.configure(self._settings.log_file, self._settings.values.log.level)
        return self._settings

    def use(self, **flags: Any) -> None:
        """Adds settings that the command's own options set (`review__order="newest"`); `None` changes nothing."""
        self.flags |= {key.replace("__", "."): value for key, value in flags.items() if value is not None}
        self._settings = None

    @contextmanager
    def services(self, *, of_demo: bool = False) -> Generator[Services]:
        """The services, closed at the end of the block.

        Args:
            of_demo: Where there's no database of one's own yet but one of a demo, take that, and say so.

        Raises:
            ModeratorError: They can't be opened.
        """
        from moderator.bootstrap import open_services

        with open_services(self.settings_of_demo() if of_demo else self.settings) as services:
            yield services

    def settings_of_demo(self) -> Settings:
        """The settings, or, for somebody who has only ever seen the demo, the demo's."""
        from moderator.cli.demo_home import demo_settings

        settings = self.settings
        demo = demo_settings(settings, self.all_flags(), self.given.config)
        if demo is None:
            return settings
        self.out.remark(f"No database of your own yet: this is the demo's, in {demo.data_dir}.")
        self._settings = demo
        return demo


def command(
    app: typer.Typer, name: str | None = None, *, example: str, panel: str | None = None
) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Makes a function a command of `app`.

    Args:
        app: The group.
        name: Its name where that isn't the function's.
        example: A line that works, shown under the help.
        panel: Heading in the group's help.
    """

    def register(function: Callable[..., int | None]) -> Callable[..., int | None]:
        app.command(name, epilog=f"Example: {example}", rich_help_panel=panel)(_shell(function))
        return function

    return register


def _shell(function: Callable[..., int | None]) -> Callable[..., None]:
    """The function as Typer sees it: global options added, errors turned into exit statuses."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("ctx", keyword, annotation=typer.Context)]
    parameters += [parameter.replace(kind=keyword) for parameter in own]
    parameters += [
        inspect.Parameter(key, keyword, default=default, annotation=kind) for key, (kind, default) in _COMMON.items()
    ]

    def shell(**values: Any) -> None:
        ctx: typer.Context = values.pop("ctx")
        after = Globals(**{key: values.pop(key) for key in _COMMON})
        before = ctx.obj if isinstance(ctx.obj, Globals) else Globals()
        raise typer.Exit(finish(lambda: function(Call(before.overlaid(after)), **values)))

    for parameter in parameters:
        _hide_type_of_flag(parameter.annotation)
    shell.__name__ = function.__name__
    shell.__doc__ = _paragraphs(function.__doc__ or "")
    shell.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(shell)["__signature__"] = inspect.Signature(parameters)
    return shell


def _hide_type_of_flag(annotation: Any) -> None:
    # Typer's help writes `<bool>` behind a flag, as if it took a value.
    for extra in getattr(annotation, "__metadata__", ()):
        if get_args(annotation)[0] is bool and getattr(extra, "metavar", "") is None:
            extra.metavar = ""


def _paragraphs(doc: str) -> str:
    """Help with each paragraph in one line: the terminal's width breaks it, not the code's."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(doc).split("\n\n"))


def finish(work: Callable[[], int | None]) -> int:
    """Runs a command to its end, whatever that is.

    Returns:
        Its exit status. Only what ends the interpreter on purpose passes through.
    """
    try:
        status = work() or 0
        _flush()
    except (SystemExit, GeneratorExit, typer.Exit):
        raise
    except BaseException as error:  # noqa: BLE001  # the last one that can turn it into a sentence
        return settle(error)
    return status


def _flush() -> None:
    import sys

    # A reader that left is noticed here and not when the interpreter ends, where nobody can catch it.
    sys.stdout.flush()
