"""Size budgets and what start-up may import. Layer contracts are import-linter's, run by `make contracts`."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "moderator"
FILE_LINES, CLASS_LINES, FUNCTION_LINES, APP_LINES = 300, 200, 40, 220
# A migration is one long list of columns, written once and never edited.
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if "versions" not in path.parts]


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring: explaining at length is welcome."""
    total = (node.end_lineno or 0) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        total -= (first.end_lineno or 0) - first.lineno + 1
    return total


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_sizes_stay_within_the_budget(path):
    text = path.read_text(encoding="utf-8")
    budget = APP_LINES if path.relative_to(PACKAGE).as_posix() == "tui/app.py" else FILE_LINES
    assert text.count("\n") <= budget, f"{path}: split it, a file has at most {budget} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= CLASS_LINES, f"{path}:{node.lineno} class {node.name} has {length} lines"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _code_lines(node)
            assert length <= FUNCTION_LINES, f"{path}:{node.lineno} function {node.name} has {length} lines"


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        (
            "moderator.cli.main",
            {"torch", "sqlmodel", "sqlalchemy", "textual", "detoxify", "pydantic", "numpy", "httpx"},
        ),
        ("moderator.tui.app", {"torch", "sqlmodel", "sqlalchemy", "detoxify", "transformers", "pydantic", "httpx"}),
        ("moderator.bootstrap", {"torch", "detoxify", "transformers", "textual"}),
    ],
)
def test_a_light_module_imports_nothing_heavy(module, forbidden):
    code = f"import sys, {module}; print(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not forbidden & set(done.stdout.split())
