"""The help and the documentation say the same as the program, and the program starts lightly."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from moderator.cli.tree import MODULES, build, modules_for

DOCS = Path(__file__).parent.parent.parent / "docs/cli.md"
GLOBAL = {"--config", "--data-dir", "--database", "--json", "--quiet"}


def leaves(command, path=("moderator",)):
    """Every command that does something, with its full name."""
    for name, sub in getattr(command, "commands", {}).items():
        yield from leaves(sub, (*path, name))
    if not hasattr(command, "commands"):
        yield " ".join(path), command


COMMANDS = dict(leaves(get_command(build())))


def options(command):
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")} - {"--help"}


def test_every_promised_command_is_there():
    groups = ["review", "demo", "queue", "decide", "undo", "history", "intake", "score", "check", "eval", "doctor"]
    nested = ["export decisions", "export comments", "audit verify", "train toxicity", "train blame", "models list"]
    nested += [f"config {name}" for name in ("show", "check", "path")]
    nested += [f"db {name}" for name in ("upgrade", "backup", "check")]
    assert set(COMMANDS) >= {f"moderator {name}" for name in (*groups, *nested)}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself_with_an_example_that_it_understands(name):
    command = COMMANDS[name]
    assert command.help
    assert "Example: moderator" in command.epilog
    words = shlex.split(command.epilog.removeprefix("Example: "))
    assert " ".join(words[: len(name.split())]) == name
    assert {word for word in words if word.startswith("--")} <= options(command)
    assert options(command) >= GLOBAL


@pytest.mark.parametrize("name", COMMANDS)
def test_the_documentation_names_every_command_and_every_option(name):
    _, _, after = DOCS.read_text(encoding="utf-8").partition(f"### {name}\n")
    section = after.split("\n### ")[0].split("\n## ")[0]
    assert section, f"docs/cli.md has no section on {name}"
    documented = set(re.findall(r"--[a-z][a-z-]+", section))
    assert options(COMMANDS[name]) - GLOBAL <= documented
    assert documented <= options(COMMANDS[name])


def test_help_keeps_the_names_of_tables():
    shown = CliRunner().invoke(build(("erasure",)), ["retention", "run", "--help"], env={"COLUMNS": "200"}).output
    assert "as [retention] says" in shown


def test_only_the_wanted_commands_module_is_taken():
    every = tuple(MODULES)
    assert modules_for(["--data-dir", "export", "-q", "undo", "3"]) == ("decisions",)
    assert modules_for(["--moderator", "history"]) == ("review",)
    assert modules_for(["db", "check"]) == ("database",)
    for arguments in (["--help"], ["frobnicate"], ["--install-completion"], ["-q", "-h"]):
        assert modules_for(arguments) == every


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--help"], {"textual", "sqlmodel", "sqlalchemy", "pydantic", "numpy", "torch"}),
        # Typer reads options with pydantic, so anything beyond the bare help has that.
        (["check", "--help"], {"textual", "sqlmodel", "sqlalchemy", "pydantic_settings", "numpy", "torch"}),
        (["config", "path"], {"textual", "sqlmodel", "sqlalchemy", "pydantic_settings", "numpy", "torch"}),
        (["config", "show"], {"textual", "sqlmodel", "sqlalchemy", "numpy", "torch"}),
        (["db", "upgrade"], {"textual", "numpy", "torch", "httpx"}),
    ],
)
def test_a_command_imports_nothing_heavy_that_it_does_not_need(tmp_path, arguments, forbidden):
    code = (
        "import sys\nfrom moderator.cli.main import _dispatch\n"
        f"status = _dispatch({['--data-dir', str(tmp_path), *arguments]!r})\n"
        "print(status, *sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    status, *modules = done.stderr.splitlines()[-1].split()
    assert status == "0"
    assert not forbidden & set(modules)
