"""All the figures that the README and the docs quote, one benchmark after the other, each in a process of its own.

    make bench                     (takes half an hour on two cores; close everything else)
    python benchmarks/run.py desk intake        only these

Ends with 1 if one of them failed or missed what it promises.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = (
    "desk", "intake", "queue_pages", "crash", "deliver_kills", "large_file", "scoring", "blame", "fast_path", "tuning",
    "decision_export", "audit",
)  # fmt: skip


def main() -> int:
    """Runs the named benchmarks, or all."""
    wanted = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in wanted if name not in BENCHMARKS]:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    failed: list[str] = []
    for name in wanted:
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        if subprocess.run([sys.executable, str(HERE / f"{name}.py")], check=False).returncode:
            failed.append(name)
        print(f"-- {name}: {time.monotonic() - started:.0f} s", flush=True)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
