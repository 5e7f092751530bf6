"""What a WordPress export costs: time and peak memory for a large file, against a small one in the same run.

    python benchmarks/exports.py [MEGABYTES]

Seconds are the processor's, so that a busy machine counts for nothing. Peak memory is the process's own (resident),
read in a child for each file, so that nothing is hidden from it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

_SMALL_MB = 5
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/"><channel><link>https://hill.example.org</link>
"""
_ITEM = "<item><title>Article {0}</title><link>https://hill.example.org/{0}/</link>\n"
_COMMENT = (
    "<wp:comment><wp:comment_id>{0}</wp:comment_id><wp:comment_author><![CDATA[Reader {1}]]></wp:comment_author>"
    "<wp:comment_date_gmt><![CDATA[2026-11-12 09:15:00]]></wp:comment_date_gmt><wp:comment_content><![CDATA[{2}]]>"
    "</wp:comment_content><wp:comment_approved><![CDATA[1]]></wp:comment_approved><wp:comment_type>comment"
    "</wp:comment_type><wp:comment_parent>0</wp:comment_parent><wp:comment_user_id>0</wp:comment_user_id></wp:comment>\n"
)
_CHILD = """
import json, resource, sys, time
from moderator.connectors.files import FileOptions, open_file
start = time.process_time()
count = sum(1 for _ in open_file(sys.argv[1], FileOptions(now_ms=1_795_348_800_000)).records())
print(json.dumps({"comments": count, "seconds": time.process_time() - start,
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def write_export(path: Path, megabytes: int) -> None:
    number = 0
    with path.open("w", encoding="utf-8") as out:
        out.write(_HEAD)
        while out.tell() < megabytes * 1_000_000:
            out.write(_ITEM.format(number))
            for _ in range(200):
                number += 1
                text = f"Comment {number}: the bridge <b>stays</b> closed &amp; nobody says why.\n\n" * 3
                out.write(_COMMENT.format(number, number % 977, text))
            out.write("</item>\n")
        out.write("</channel></rss>\n")


def measure(path: Path) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", _CHILD, str(path)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.wxr.xml"
        for size in (_SMALL_MB, megabytes):
            write_export(path, size)
            found = measure(path)
            rate = path.stat().st_size / 1e6 / found["seconds"]
            print(  # flushed: the large file takes a while
                f"{path.stat().st_size / 1e6:7.0f} MB  {found['comments']:>9,.0f} comments  "
                f"{found['seconds']:6.1f} s CPU  {rate:5.1f} MB/s  peak {found['peak_mb']:.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
