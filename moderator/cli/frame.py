"""How a function becomes a command: its own options, and those that every command has.

A command is a function that takes a `Call` and its own options:

    @command(app, example="moderator history --limit 5")
    def history(call: Call, limit: Annotated[int, typer.Option(help="How many.")] = 20) -> int | None: ...

`--config`, `--data-dir`, `--database`, `--json` and `-q` are added to each, and may stand before the command too.

Options that several commands share may be fields of a dataclass: a parameter of that type stands for all of them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from moderator.cli.call import Call, Globals, finish

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

_BRACKET = re.compile(r"(?<!\\)\[(?=[a-z])")
"""One that opens what looks like markup, if it isn't taken literally already: options may be shared by commands."""

_COMMON: dict[str, tuple[Any, Any]] = {
    "config": (ConfigOption, None),
    "data_dir": (DataDirOption, None),
    "database": (DatabaseOption, None),
    "as_json": (JsonOption, False),
    "quiet": (QuietOption, False),
}


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
    bundles = {parameter.name: _fields(parameter) for parameter in own if is_dataclass(parameter.annotation)}
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("ctx", keyword, annotation=typer.Context)]
    for parameter in own:
        parameters += [each.replace(kind=keyword) for each in bundles.get(parameter.name, [parameter])]
    parameters += [
        inspect.Parameter(key, keyword, default=default, annotation=kind) for key, (kind, default) in _COMMON.items()
    ]

    def shell(**values: Any) -> None:
        ctx: typer.Context = values.pop("ctx")
        after = Globals(**{key: values.pop(key) for key in _COMMON})
        before = ctx.obj if isinstance(ctx.obj, Globals) else Globals()
        for parameter in own:
            if parameter.name in bundles:
                given = {each.name: values.pop(each.name) for each in bundles[parameter.name]}
                values[parameter.name] = parameter.annotation(**given)
        raise typer.Exit(finish(lambda: function(Call(before.overlaid(after)), **values)))

    for parameter in parameters:
        _ready_for_help(parameter.annotation)
    shell.__name__ = function.__name__
    shell.__doc__ = _paragraphs(function.__doc__ or "")
    shell.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(shell)["__signature__"] = inspect.Signature(parameters)
    return shell


def _fields(bundle: inspect.Parameter) -> list[inspect.Parameter]:
    """The options that a parameter stands for."""
    return list(inspect.signature(bundle.annotation, eval_str=True).parameters.values())


def _ready_for_help(annotation: Any) -> None:
    for extra in getattr(annotation, "__metadata__", ()):
        # Typer's help writes `<bool>` behind a flag, as if it took a value.
        if get_args(annotation)[0] is bool and getattr(extra, "metavar", "") is None:
            extra.metavar = ""
        if isinstance(said := getattr(extra, "help", None), str):
            extra.help = _literal(said)


def _literal(text: str) -> str:
    """Help that names a table of the configuration, `[retention]`: it would be taken for markup, and vanish."""
    return _BRACKET.sub(r"\\[", text)


def _paragraphs(doc: str) -> str:
    """Help with each paragraph in one line: the terminal's width breaks it, not the code's."""
    return _literal("\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(doc).split("\n\n")))
