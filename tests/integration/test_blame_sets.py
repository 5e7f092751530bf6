"""Floors on labelled sets: our own sentences, and the annotated set where it is at hand."""

import json
import re
from pathlib import Path

import pytest

from moderator.scoring.blame.evaluation import evaluate_blame

OWN = Path(__file__).parent.parent / "data" / "blame_sanity.tsv"
SHARED = Path(__file__).parents[3] / "shared" / "collective-blame" / "dev.jsonl"


def as_gold(line, number):
    language, functionality, label, _grade, group_type, pair, marked = line.split("\t")[:7]
    text, found = "", []
    for part in re.split(r"(\[[gqp]\|[^\]]*\])", marked.rstrip("\n")):
        role = {"[g|": "group", "[q|": "quantifier", "[p|": "predicate"}.get(part[:3])
        plain = part[3:-1] if role else part
        if role:
            found.append({"start": len(text), "end": len(text) + len(plain), "role": role})
        text += plain
    context = {"title": pair[4:]} if pair.startswith("ctx:") else {}
    return {
        "id": str(number),
        "text": text,
        "lang": language,
        "label": int(label),
        "functionality": functionality,
        "group_type": group_type,
        "pair_id": None if context or not pair else pair,
        "spans": found,
        "context": context,
    }


def test_our_own_sentences(tmp_path):
    lines = OWN.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "own.jsonl"
    items = [as_gold(line, number) for number, line in enumerate(lines)]
    path.write_text("\n".join(json.dumps(item, ensure_ascii=False) for item in items), encoding="utf-8")
    report = evaluate_blame(path)
    assert report.size == 142
    assert report.overall.f1 >= 0.92
    assert report.overall.false_positive_rate <= 0.05
    assert report.auc >= 0.95
    assert report.span_f1 >= 0.7
    assert report.swap <= 0.05


@pytest.mark.skipif(not SHARED.exists(), reason="the annotated set isn't part of this repository")
def test_the_annotated_set():
    report = evaluate_blame(SHARED)
    assert report.overall.f1 >= 0.9
    assert report.auc >= 0.94
    assert report.pair_accuracy >= 0.85
    assert report.span_f1 >= 0.7
    assert report.false_positive_gap <= 0.08
    assert report.swap <= 0.05
    assert report.unscored == 0
    assert min(share for name, (share, _) in report.classes.items() if name > "F18") >= 0.85
