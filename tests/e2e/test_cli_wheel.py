"""What a user installs: sdist and wheel build, and the demo runs from a fresh environment outside the checkout."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from cli_runs import BLAME_SETTING, home_environment

ROOT = Path(__file__).parent.parent.parent

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


def run(command, folder, **options):
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        cwd=folder,
        env=home_environment(folder) | {BLAME_SETTING: "true"},
        capture_output=True,
        text=True,
        timeout=110,
        **options,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, and the wheel that was built from it alone."""
    place = tmp_path_factory.mktemp("built")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", place, ROOT], place)
    (wheel,), (sdist,) = place.glob("*.whl"), place.glob("*.tar.gz")
    return wheel, sdist


def test_the_wheel_has_what_the_program_reads(built):
    wheel, sdist = built
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {"moderator/data/demo.jsonl", "moderator/data/config.toml", "moderator/py.typed"}
    weights = ("embedded.safetensors", "encoder.safetensors", "encoder.onnx", "encoder.tokenizer.json")
    wanted |= {f"moderator/scoring/embedded/weights/{name}" for name in weights}
    wanted |= {"moderator/tui/screens/review.tcss"}
    assert wanted <= names
    assert not [name for name in names if name.startswith(("tests/", "fixtures/", "benchmarks/"))]
    with tarfile.open(sdist) as archive:
        inside = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "NOTICE", "config.toml", "fixtures/demo.jsonl", "docs/cli.md"} <= inside


def test_the_demo_runs_from_a_fresh_environment(built, tmp_path):
    wheel, _ = built
    place = tmp_path / "fresh"
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin/python"
    offline = ("-q", "--no-deps", "--no-index", "--no-compile")
    run([sys.executable, "-m", "pip", "--python", python, "install", *offline, wheel], tmp_path)
    (site,) = place.glob("lib/python*/site-packages")
    # The dependencies are those of the environment that runs the tests; the program itself is the wheel's.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + os.linesep)
    run([python, "-c", f"import moderator; assert moderator.__file__.startswith({str(site)!r})"], tmp_path)
    demo = run([place / "bin/moderator", "demo", "--headless"], tmp_path)
    assert "demo comments" in demo.stdout
    assert len(demo.stdout.splitlines()) > 60
    path = run([place / "bin/moderator", "config", "path"], tmp_path).stdout
    assert str(site / "moderator/data/config.toml") in path
