"""Memory of taking in a file far larger than memory should ever be: the peak must not grow with the file.

    python benchmarks/large_file.py [--megabytes 1000] [--format wxr] [--folder DIR]

Writes an export of WordPress (or Disqus, or JSON Lines) of that size, and another of a tenth, and takes each in as
`moderator intake` does, in a process of its own, into SQLite. Ends with 1 where a peak is above the limit, or the large
file's is far above the small one's.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

LIMIT_MB = 200
_GROWTH_MB = 40
_TEXT = "They said it would be done by May, and here we are. " * 18

_WXR_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:wxr_version>1.2</wp:wxr_version>
<item><title>The bridge</title><link>https://news.example/bridge</link><wp:post_id>1</wp:post_id>
<wp:status>publish</wp:status>
"""
_DISQUS_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<thread dsq:id="1"><id/><forum>news</forum><link>https://news.example/bridge</link><title>The bridge</title></thread>
"""


def _wxr(number: int) -> str:
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id>"
        f"<wp:comment_author><![CDATA[Reader {number % 5000}]]></wp:comment_author>"
        "<wp:comment_date_gmt>2026-10-01 10:00:00</wp:comment_date_gmt>"
        f"<wp:comment_content><![CDATA[{number}: {_TEXT}]]></wp:comment_content>"
        "<wp:comment_approved>0</wp:comment_approved><wp:comment_type>comment</wp:comment_type>"
        "<wp:comment_parent>0</wp:comment_parent><wp:comment_user_id>0</wp:comment_user_id></wp:comment>\n"
    )


def _disqus(number: int) -> str:
    return (
        f'<post dsq:id="{number}"><id/><message><![CDATA[<p>{number}: {_TEXT}</p>]]></message>'
        "<createdAt>2026-10-01T10:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>"
        f"<author><name>Reader {number % 5000}</name><isAnonymous>true</isAnonymous></author>"
        '<thread dsq:id="1"/></post>\n'
    )


def _jsonl(number: int) -> str:
    record = {
        "id": str(number),
        "text": f"{number}: {_TEXT}",
        "author": f"Reader {number % 5000}",
        "article": "/bridge",
    }
    return json.dumps(record) + "\n"


FORMATS: dict[str, tuple[str, Callable[[int], str], str]] = {
    "wxr": (_WXR_HEAD, _wxr, "</item></channel></rss>"),
    "disqus": (_DISQUS_HEAD, _disqus, "</disqus>"),
    "jsonl": ("", _jsonl, ""),
}


def write(path: Path, file_format: str, size: int) -> int:
    """Writes a file of about so many bytes. Returns how many comments it holds."""
    head, record, tail = FORMATS[file_format]
    number = 0

    def pieces() -> Iterator[str]:
        nonlocal number
        written = 0
        while written < size:
            number += 1
            piece = record(number)
            written += len(piece)
            yield piece

    with path.open("w", encoding="utf-8") as out:
        out.write(head)
        out.writelines(pieces())
        out.write(tail)
    return number


def peak_kb() -> int:
    """The most memory that this process had, in kB; `ru_maxrss` would carry what the process that started it had."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def take_in(path: Path, database: Path) -> None:
    """Runs in a process of its own; prints what it took."""
    from moderator.connectors.files import FileOptions, open_file  # noqa: PLC0415 - only this process needs it
    from moderator.domain.policy import Policy  # noqa: PLC0415
    from moderator.services.intake import Intake  # noqa: PLC0415
    from moderator.storage.decisions import DecisionWriter  # noqa: PLC0415
    from moderator.storage.engine import Database  # noqa: PLC0415

    began = time.perf_counter()
    log = DecisionWriter(policy=Policy({}), app_version="benchmark", author_key=b"benchmark")
    with Database.open(f"sqlite:///{database}") as db:
        summary = Intake(db, log).run(open_file(str(path), FileOptions(now_ms=1_793_534_400_000, source="import")))
    peak_mb = peak_kb() / 1024
    print(json.dumps({"added": summary.added, "peak_mb": peak_mb, "seconds": time.perf_counter() - began}))


def measure(folder: Path, file_format: str, megabytes: int) -> dict[str, float]:
    """Takes in a file of that size; comments, peak of memory, and seconds."""
    path, database = folder / f"export-{megabytes}.{file_format}", folder / f"{megabytes}.sqlite3"
    count = write(path, file_format, megabytes * 1_000_000)
    command = [sys.executable, __file__, "--child", str(path), str(database)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for made in (path, *folder.glob(f"{database.name}*")):
        made.unlink()
    found: dict[str, float] = json.loads(said)
    if found["added"] != count:
        raise SystemExit(f"{found['added']} of {count} comments came in")
    print(
        f"{megabytes:,} MB of {file_format}: {count:,} comments in {found['seconds']:.0f} s,"
        f" {found['peak_mb']:.0f} MB of memory at most",
        flush=True,
    )
    return found


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        take_in(Path(sys.argv[2]), Path(sys.argv[3]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--format", choices=sorted(FORMATS), default="wxr")
    parser.add_argument("--folder", type=Path, help="where there's room for twice as much")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moderator-large-", dir=given.folder) as folder:
        small = measure(Path(folder), given.format, max(given.megabytes // 10, 1))
        large = measure(Path(folder), given.format, given.megabytes)
    grown = large["peak_mb"] - small["peak_mb"]
    return int(large["peak_mb"] > LIMIT_MB or grown > _GROWTH_MB)


if __name__ == "__main__":
    sys.exit(main())
