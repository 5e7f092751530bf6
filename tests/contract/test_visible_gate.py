"""Only gated text reaches a screen or a terminal: what can be proved by reading the code.

The type checker refuses a plain string where a widget wants `Visible` (the last test shows that it does). These tests
close the ways around it: making a `Visible` by hand, calls that read markup, printing past the gate, raw values of the
domain in widgets. `tests/e2e/test_hostile_pty.py` is the proof that it holds in a running program.
"""

import ast
import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("gate")  # every file is parsed once

PACKAGE = Path(__file__).parents[2] / "moderator"
GATE = {"visible", "visible_line", "literal"}
SOURCES = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
SCREEN = {name for name in SOURCES if name.startswith("tui/")}
TERMINAL = {name for name in SOURCES if name.startswith("cli/") or name == "bootstrap.py"}

# A `Visible` made outside the gate, and why it is one all the same.
OWN_VISIBLE = {"tui/masking.py": "masks letters of a gated text one by one, each with a plain dot"}
# Strings of the screen's values that nobody shows.
UNSHOWN_FIELDS = {
    "tui/views.py:RowView.route": "the value of an enumeration, looked up in a table of signs",
    "tui/messages.py:ModeWanted.mode": "the name of one of two screens",
    "tui/messages.py:LineEntered.text": "typed at the desk, on its way in",
    "tui/messages.py:ChoicePicked.key": "a key that was offered, on its way in",
    "tui/widgets/mode_line.py:Picked.mode": "the name of one of the modes",
}
# Parameters of widgets that take a plain string and show it nowhere, or show what their caller has put together.
UNSHOWN_PARAMETERS = {"id", "name", "names", "style", "classes"}
LAYING_OUT = {
    "tui/widgets/cells.py": "counts and cuts cells of whatever a widget lays out",
    "tui/widgets/filter_line.py:__init__.value": "the start of an input, gated by its caller and edited by hand",
    "tui/widgets/comment_card.py:_reply.lead": "our own sign in front of an answer",
    "tui/widgets/comment_card.py:_cells.text": "counts cells",
    "tui/widgets/status_line.py:__init__.hints": "keys and our own words for them",
    "tui/widgets/status_line.py:_length.hint": "counts cells",
    "tui/widgets/decision_detail.py:__init__.titles": "the words are gated, the keys are codes that nobody shows",
    "tui/widgets/thread_pane.py:_line.lead": "our own sign in front of an entry",
    "tui/widgets/thread_pane.py:_entry.lead": "our own sign in front of an entry",
    "tui/widgets/mode_line.py:_name.mode": "the name of one of the modes",
    "tui/widgets/mode_line.py:_title.mode": "the name of one of the modes",
    "tui/widgets/mode_line.py:_title.here": "the name of one of the modes",
    "tui/widgets/mode_line.py:__init__.mode": "the name of one of the modes",
    "tui/widgets/choice_line.py:_cells.choices": "gates the words itself; the keys are the desk's",
    "tui/widgets/choice_line.py:__init__.choices": "gated where they are laid out",
    "tui/widgets/choice_line.py:offer.choices": "gated where they are laid out",
    "tui/widgets/filter_line.py:__init__.completer": "completes what is typed at the desk",
    "tui/widgets/threshold_list.py:_tone.glyph": "one of our own signs",
    "tui/widgets/chart.py:lines.begins": "a chart's names are our own words, as its docstring asks",
    "tui/widgets/chart.py:lines.series": "a chart's names are our own words",
    "tui/widgets/chart.py:bars.counts": "a chart's names are our own words",
    "tui/widgets/chart.py:stacked.table": "a chart's names are labels",
    "tui/widgets/tuning_effect.py:show.change": "lines of configuration that the service writes: labels and numbers",
}


@functools.cache
def tree_of(name):
    return ast.parse((PACKAGE / name).read_text("utf-8"))


def parsed(names):
    return [(name, tree_of(name)) for name in sorted(names)]


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def called(call):
    """The last name of what is called: `print`, `notify`, `from_markup`."""
    func = call.func
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def dotted(node):
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def is_gated(node):
    """Whether an expression can only be our own words or what the gate gave."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Call):
        return called(node) in GATE
    return isinstance(node, ast.BinOp) and is_gated(node.left) and is_gated(node.right)


def keyword(call, name):
    return next((one.value for one in call.keywords if one.arg == name), None)


def is_off(node):
    return isinstance(node, ast.Constant) and node.value is False


def is_content(node):
    return isinstance(node, ast.Call) and dotted(node.func).split(".")[0] == "Content"


def makes_visible_by_hand(name, call):
    if called(call) == "cast" and call.args and "Visible" in ast.unparse(call.args[0]):
        return True
    return called(call) == "Visible" and name != "text/visible.py" and name not in OWN_VISIBLE


def reads_markup(_name, call):
    if called(call) == "from_markup":
        return not (call.args and isinstance(call.args[0], ast.Constant))
    return called(call) in {"render_markup", "Markdown", "MarkdownViewer", "RichLog", "Log", "Pretty", "from_ansi"}


PARSING_WIDGETS = {
    *("Static", "Label", "Button", "Checkbox", "RadioButton", "Option", "OptionList", "Tab", "TabPane", "Collapsible"),
    *(
        "Digits",
        "Link",
        "Tree",
        "TreeNode",
        "DataTable",
        "Selection",
        "SelectionList",
        "Select",
        "Tooltip",
        "Placeholder",
    ),
}


def lets_a_widget_parse(_name, call):
    if called(call) not in PARSING_WIDGETS or is_off(keyword(call, "markup")):
        return False
    return not all(is_content(arg) or isinstance(arg, ast.Constant) for arg in call.args)


def notifies_with_markup(_name, call):
    is_notice = called(call) == "notify" and isinstance(call.func, ast.Attribute) and call.args
    return is_notice and not is_off(keyword(call, "markup"))


def prints_past_the_gate(name, call):
    if called(call) in {"echo", "secho", "rprint", "print_json", "print_exception"}:
        return True
    if dotted(call.func) in {"sys.stdout.write", "sys.stderr.write", "sys.stdout.buffer.write"}:
        written = ast.unparse(call)
        return not ("json.dumps(" in written and "ensure_ascii=True" in written) and not all(map(is_gated, call.args))
    if isinstance(call.func, ast.Name) and call.func.id == "print":
        is_version = name.startswith("cli/") and [ast.unparse(arg) for arg in call.args] == [
            "f'moderator {__version__}'"
        ]
        return not is_version and not all(map(is_gated, call.args))
    return False


def lets_rich_parse(_name, call):
    if called(call) in {"Console", "TextColumn"}:
        return not is_off(keyword(call, "markup"))
    is_text = isinstance(call.func, ast.Name) and call.func.id == "Text"
    return is_text and not all(map(is_gated, call.args))


def writes_to_the_terminal(_name, call):
    is_print = isinstance(call.func, ast.Name) and call.func.id == "print"
    return is_print or dotted(call.func).startswith(("sys.stdout.", "sys.stderr.", "warnings.warn"))


INNER_ROOMS = {"domain", "text", "storage", "services", "connectors", "config", "errors.py", "logs.py"}
INNER = {name for name in SOURCES if name.split("/")[0] in INNER_ROOMS}
# What no call may do, where; and a call for each that must be caught, lest the rule be blind.
RULES = [
    (makes_visible_by_hand, SOURCES, "Visible(name)"),
    (makes_visible_by_hand, SOURCES, "cast('Visible', name)"),
    (reads_markup, SOURCES, "Text.from_markup(f'[b]{name}')"),
    (reads_markup, SOURCES, "Markdown(body)"),
    (lets_a_widget_parse, SCREEN, "Static(f'by {name}')"),
    (lets_a_widget_parse, SCREEN, "Option(name)"),
    (notifies_with_markup, SCREEN, "self.notify(name)"),
    (prints_past_the_gate, TERMINAL | SCREEN, "print(f'{visible(name)} {title}')"),
    (prints_past_the_gate, TERMINAL | SCREEN, "typer.echo(name)"),
    (prints_past_the_gate, TERMINAL | SCREEN, "sys.stdout.write(json.dumps(value))"),
    (lets_rich_parse, TERMINAL, "Console(file=stream)"),
    (lets_rich_parse, TERMINAL, "Text(cell)"),
    (writes_to_the_terminal, INNER, "sys.stderr.write(name)"),
]


def test_there_is_something_to_read():
    assert len(SCREEN) > 10
    assert len(TERMINAL) > 10
    assert len(INNER) > 30


@pytest.mark.parametrize(("rule", "names", "caught"), RULES, ids=lambda value: getattr(value, "__name__", None))
def test_no_call_goes_around_the_gate(rule, names, caught):
    (example,) = calls(ast.parse(caught).body[0])[:1]
    assert rule("example.py", example)
    found = [
        f"moderator/{name}:{call.lineno}" for name, tree in parsed(names) for call in calls(tree) if rule(name, call)
    ]
    assert found == [], "gate it with visible()/visible_line(), or literal() for words of our own; markup=False"


def parsed_titles(trees):
    parsed = {"border_title", "border_subtitle", "tooltip", "title", "sub_title"}
    for name, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                value, targets = node.value, node.targets
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                value, targets = node.value, [node.target]
            else:
                continue
            sets_title = any(isinstance(target, ast.Attribute) and target.attr in parsed for target in targets)
            if sets_title and not is_content(value) and not isinstance(value, ast.Constant):
                yield f"moderator/{name}:{node.lineno}"


def test_titles_and_tooltips_are_content_or_our_own_words():
    assert list(parsed_titles([("x", ast.parse("self.border_title = name"))])) == ["moderator/x:1"]
    assert list(parsed_titles(parsed(SCREEN))) == []


def _plain_strings(annotation):
    return annotation is not None and any(
        isinstance(node, ast.Name) and node.id == "str" for node in ast.walk(annotation)
    )


def test_what_widgets_are_given_is_typed_as_gated():
    found = []
    for name, tree in parsed(SCREEN):
        if name not in {"tui/views.py", "tui/messages.py"} and not name.startswith("tui/widgets/"):
            continue
        for kind in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            for one in kind.body:
                if (
                    isinstance(one, ast.AnnAssign)
                    and _plain_strings(one.annotation)
                    and "ClassVar" not in ast.unparse(one)
                ):
                    place = f"{name}:{kind.name}.{ast.unparse(one.target)}"
                    if place not in UNSHOWN_FIELDS:
                        found.append(place)
    assert found == [], "type it as Visible, or say in UNSHOWN_FIELDS why nobody shows it"


def test_widgets_take_no_plain_strings_to_show():
    found = []
    for name, tree in parsed(SCREEN):
        if not name.startswith("tui/widgets/") or name in LAYING_OUT:
            continue
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            arguments = function.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg):
                if argument is None or not _plain_strings(argument.annotation) or argument.arg in UNSHOWN_PARAMETERS:
                    continue
                place = f"{name}:{function.name}.{argument.arg}"
                if place not in LAYING_OUT:
                    found.append(place)
    assert found == [], "type it as Visible, or say in LAYING_OUT why it shows nothing from outside"


def test_no_raw_value_of_the_domain_reaches_a_widget():
    raw = {"IncomingComment", "QueueRow", "ThreadEntry", "AuthorRecord", "Card", "WaitingComment"}
    found = [
        f"moderator/{name}:{node.lineno}"
        for name, tree in parsed(SCREEN)
        if name.startswith(("tui/widgets/", "tui/screens/"))
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and raw & {alias.name for alias in node.names}
    ]
    assert found == [], "widgets and screens get the frozen views of tui/views.py"


REFUSED = """
from moderator.text.visible import Visible, literal, visible_line
from moderator.tui.views import Reply, RowView
from moderator.domain.comment import Status

def show(text: Visible) -> None: ...

raw: str = input()
show(raw)
show(f"{raw}!")
show(literal(raw))
show(literal(f"{raw}!"))
Reply(1, raw, visible_line(raw), visible_line(raw), 0, Status.PENDING)
"""
ALLOWED = """
from moderator.text.visible import Visible, literal, visible, visible_line

def show(text: Visible) -> None: ...

raw: str = input()
show(visible(raw))
show(visible_line(f"{raw}!"))
show(literal("our own words"))
show(literal("put " + "together"))
"""


@pytest.mark.slow
def test_the_type_checker_refuses_plain_strings(tmp_path):
    (tmp_path / "refused.py").write_text(REFUSED, encoding="utf-8")
    (tmp_path / "allowed.py").write_text(ALLOWED, encoding="utf-8")
    root = PACKAGE.parent
    config = {
        "include": [str(tmp_path)],
        "extraPaths": [str(root)],
        "pythonVersion": "3.11",
        "typeCheckingMode": "basic",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = json.loads(done.stdout)["generalDiagnostics"]
    refused = [one["range"]["start"]["line"] + 1 for one in complaints if one["file"].endswith("refused.py")]
    lines = REFUSED.split("\n")
    expected = [number for number, line in enumerate(lines, 1) if line.startswith(("show(", "Reply("))]
    assert refused == expected, done.stdout
    assert [one for one in complaints if one["file"].endswith("allowed.py")] == []
