"""A scorer in a child process: what survives the pipes, and what happens when one of the two processes dies."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager

import psutil
import pytest
from effort import PATIENCE_S

from moderator.domain.score import BlameExplanation, Label, ScorerId, Span, SpanRole
from moderator.errors import ScoringError
from moderator.scoring.base import Scorer, ScoreRequest, ScorerSpec, ScoringFailure
from moderator.scoring.process import ProcessScorer

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.xdist_group("process_scorer"),
]

FAKE = """
import math, os, signal, sys, time
from pathlib import Path
from moderator.domain.score import BlameExplanation, Label, ScorerId, ScoreSet, Span, SpanRole
from moderator.errors import ScoringError
from moderator.scoring.base import ScoringFailure

class Fake:
    def __init__(self, marker="", at_start=""):
        if at_start == "refuse":
            raise ScoringError("no weights", code="scoring.weights_missing", hint="put them there")
        if at_start == "die":
            sys.stderr.write("\\x1b[31mout of luck\\x1b[0m\\n")
            sys.stderr.flush()
            os._exit(3)
        self.marker = marker

    identity = ScorerId("fake", "7", "0123456789ab")
    labels = frozenset({Label.TOXICITY, Label.COLLECTIVE_BLAME})

    def score(self, requests):
        return [self.one(request) for request in requests]

    def one(self, request):
        text = request.text
        if text == "die" or (self.marker == "always"):
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "die once" and not Path(self.marker).exists():
            Path(self.marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if text.startswith("sleep"):
            time.sleep(60)
        if text.startswith("raise"):
            raise ValueError(text)
        if text.startswith("print"):
            print(text, flush=True)
            print("harmless chatter", file=sys.stderr, flush=True)
        if text == "fail":
            return ScoringFailure("no words in it")
        if text == "nan":
            return ScoreSet(self.identity, "en", {Label.TOXICITY: math.nan})
        if text == "outside":
            return ScoreSet(self.identity, "en", {}, (Span(0, 99, SpanRole.TOXIC, Label.TOXICITY),))
        if text == "environment":
            facts = {name: 1.0 for name in os.environ if name.startswith(("MODERATOR_", "HF_HUB_OFFLINE"))}
            facts["nice"] = float(os.nice(0))
            facts["cwd on path"] = float("" in sys.path or os.getcwd() in sys.path)
            return ScoreSet(self.identity, "en", {}, extra=facts)
        return ScoreSet(
            self.identity,
            request.language or "und",
            {Label.TOXICITY: len(text) / 1e7, Label.COLLECTIVE_BLAME: None},
            (Span(0, len(text), SpanRole.GROUP, Label.COLLECTIVE_BLAME, 1.5),) if text else (),
            BlameExplanation(2, ("GRP", "QNT"), f"{request.title} {len(request.parent or '')}", ("irony: no",)),
            {"male": 0.25},
        )
"""


@pytest.fixture(scope="module")
def fake_path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fake")
    (folder / "fake_scorer.py").write_text(FAKE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        patch.setenv("MODERATOR_AUTHOR_KEY", "secret")
        yield folder


def spec(**options) -> ScorerSpec:
    return ScorerSpec("fake", "fake_scorer:Fake", options)


@pytest.fixture(scope="module")
def shared(fake_path):
    with ProcessScorer(spec()) as scorer:
        yield scorer


@pytest.fixture
def own(fake_path):
    made = []

    def make(timeout_s=30.0, **options):
        made.append(ProcessScorer(spec(**options), timeout_s=timeout_s))
        return made[-1]

    yield make
    for scorer in made:
        scorer.close()


def requests(*texts):
    return [ScoreRequest(text) for text in texts]


def wait_until(condition, timeout_s=PATIENCE_S):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_it_keeps_the_scorer_protocol_and_its_child_s_identity(shared):
    assert isinstance(shared, Scorer)
    assert shared.identity == ScorerId("fake", "7", "0123456789ab")
    assert shared.labels == {Label.TOXICITY, Label.COLLECTIVE_BLAME}


def test_nothing_starts_before_it_is_needed(own):
    scorer = own()
    assert scorer.pid is None
    assert scorer.score([]) == []
    assert scorer.pid is None


def test_everything_a_score_set_holds_survives_the_pipes(shared):
    text = "все они \U0001f600 \ud800 такие"
    (result,) = shared.score([ScoreRequest(text, "ru", "title", "parent\udfff")])
    assert result.scorer == ScorerId("fake", "7", "0123456789ab")
    assert result.language == "ru"
    assert result.scores == {Label.TOXICITY: len(text) / 1e7, Label.COLLECTIVE_BLAME: None}
    assert result.spans == (Span(0, len(text), SpanRole.GROUP, Label.COLLECTIVE_BLAME, 1.5),)
    assert result.blame == BlameExplanation(2, ("GRP", "QNT"), "title 7", ("irony: no",))
    assert result.extra == {"male": 0.25}


def test_many_and_long_texts_come_back_in_order(shared):
    texts = ["x" * (number * 37 % 501) for number in range(300)] + ["y" * 1_000_000, "", "z"]
    results = shared.score(requests(*texts))
    assert [round(result.scores[Label.TOXICITY] * 1e7) for result in results] == [len(text) for text in texts]


def test_a_text_that_the_scorer_cannot_take_fails_alone_and_is_quoted_nowhere(shared, caplog):
    caplog.set_level("DEBUG")
    named = "raise Ludmila Petrovna"
    good, bad, odd, outside, own_words = shared.score(requests("a", named, "nan", "outside", "fail"))
    assert good.scores
    assert bad == ScoringFailure("the scorer failed on this text: ValueError")
    assert odd == ScoringFailure("fake gave toxicity a value outside 0..1")
    assert outside == ScoringFailure("fake gave evidence outside the text")
    assert own_words == ScoringFailure("no words in it")
    wait_until(lambda: "ValueError" in caplog.text)
    assert "Ludmila" not in caplog.text


def test_a_library_that_prints_breaks_no_frame_and_no_comment_reaches_the_log(own, caplog):
    caplog.set_level("DEBUG")
    (result,) = own().score(requests("print Ivan Petrovich"))
    assert result.scores
    wait_until(lambda: "harmless chatter" in caplog.text)
    assert "withheld" in caplog.text
    assert "Petrovich" not in caplog.text


def test_the_child_works_offline_steps_back_and_gets_no_secret(own, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "msgspec.py").write_text("raise SystemExit('imported from the working folder')", encoding="utf-8")
    (result,) = own().score(requests("environment"))
    assert result.extra == {"HF_HUB_OFFLINE": 1.0, "nice": min(19.0, 10.0 + os.nice(0)), "cwd on path": 0.0}


def test_this_process_imports_no_model_code(fake_path):
    code = """
        import sys
        from moderator.scoring.base import ScoreRequest, ScorerSpec
        from moderator.scoring.process import ProcessScorer
        with ProcessScorer(ScorerSpec("fake", "fake_scorer:Fake")) as scorer:
            assert scorer.score([ScoreRequest("a")])[0].scores
        print(*sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert not {"torch", "transformers", "numpy", "fake_scorer"} & set(done.stdout.split())


def test_a_child_that_dies_once_is_started_again_and_nothing_is_lost(own, tmp_path):
    scorer = own(marker=str(tmp_path / "died"))
    scorer.score(requests("a"))
    before = scorer.pid
    results = scorer.score(requests("a", "die once", "b"))
    assert all(result.scores for result in results)
    assert scorer.pid != before
    assert is_gone(before)


def test_a_text_that_kills_twice_is_given_up_and_the_others_are_scored(own):
    results = own().score(requests("a", "die", "b", "die", "c"))
    assert [isinstance(result, ScoringFailure) for result in results] == [False, True, False, True, False]
    assert results[1].reason.startswith("the scorer's process doesn't survive this text: it was ended by SIGKILL")


def test_a_scorer_that_dies_of_any_text_is_an_error_and_no_comment_s_fault(own):
    with pytest.raises(ScoringError, match="ended by SIGKILL") as caught:
        own(marker="always").score(requests("a", "b"))
    assert caught.value.code == "scoring.process"
    assert caught.value.hint


def test_a_text_that_takes_too_long_is_given_up(own):
    scorer = own(timeout_s=2.0)
    scorer.score(requests("warm"))
    slow, quick = scorer.score(requests("sleep", "quick"))
    assert slow == ScoringFailure("the scorer's process doesn't survive this text: it took longer than 2 seconds")
    assert quick.scores


def test_a_child_that_does_not_read_is_given_up_too(own):
    scorer = own(timeout_s=2.0)
    scorer.score(requests("warm"))
    stopped = scorer.pid
    os.kill(stopped, signal.SIGSTOP)
    # The signal is only on its way: until one of the child's threads gets the processor, another may read it all, and
    # a child that has a long text may take long over it.
    os.waitid(os.P_PID, stopped, os.WSTOPPED | os.WNOWAIT)
    (result,) = scorer.score(requests("x" * 300_000))
    assert result.scores
    assert is_gone(stopped)


def test_the_scorer_s_own_error_arrives_with_its_hint(own):
    with pytest.raises(ScoringError, match="no weights") as caught:
        _ = own(at_start="refuse").identity
    assert (caught.value.code, caught.value.hint) == ("scoring.weights_missing", "put them there")


def test_a_start_that_dies_is_told_with_the_last_words_made_harmless(own):
    with pytest.raises(ScoringError, match=r"ended with status 3; it wrote: .*out of luck") as caught:
        _ = own(at_start="die").labels
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize("target", ["no_such_module:Fake", "fake_scorer:Missing", "builtins:dict"])
def test_a_target_that_is_no_scorer_is_told(fake_path, target):
    with ProcessScorer(ScorerSpec("other", target)) as scorer, pytest.raises(ScoringError) as caught:
        _ = scorer.identity
    assert caught.value.code == "scoring.start"


def test_ctrl_c_in_the_terminal_leaves_the_child_alone(own):
    scorer = own()
    scorer.score(requests("a"))
    os.kill(scorer.pid, signal.SIGINT)
    assert os.getpgid(scorer.pid) != os.getpgid(0)
    before = scorer.pid
    assert scorer.score(requests("b"))[0].scores
    assert scorer.pid == before


def test_an_interrupted_call_does_not_shift_the_answers_after_it(own):
    scorer = own(timeout_s=30.0)
    scorer.score(requests("a"))

    def interrupt(*_):
        raise KeyboardInterrupt

    # The child is held, so that its answer comes when nobody waits for it any more.
    previous = signal.signal(signal.SIGALRM, interrupt)
    os.kill(scorer.pid, signal.SIGSTOP)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(KeyboardInterrupt):
            scorer.score(requests("xx"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        os.kill(scorer.pid, signal.SIGCONT)
    assert scorer.score(requests("yyyy"))[0].scores[Label.TOXICITY] == 4 / 1e7


def test_closing_reaps_the_child_and_can_be_done_twice(own):
    scorer = own()
    scorer.score(requests("a"))
    pid = scorer.pid
    scorer.close()
    scorer.close()
    assert not psutil.pid_exists(pid)
    with pytest.raises(ScoringError, match="closed"):
        scorer.score(requests("a"))


def test_closing_ends_a_call_in_another_thread(own):
    scorer = own(timeout_s=PATIENCE_S)
    scorer.score(requests("a"))
    pid, raised = scorer.pid, []

    def work():
        try:
            scorer.score(requests("sleep"))
        except ScoringError as error:
            raised.append(error.code)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.2)
    scorer.close()
    thread.join(PATIENCE_S)
    assert raised == ["scoring.closed"]
    assert not psutil.pid_exists(pid)


def test_a_scorer_that_is_dropped_leaves_no_process(fake_path):
    scorer = ProcessScorer(spec())
    scorer.score(requests("a"))
    pid = scorer.pid
    del scorer
    gc.collect()
    assert not psutil.pid_exists(pid)


@contextmanager
def parent_process(text):
    code = f"""
        import threading, time
        from moderator.scoring.base import ScoreRequest, ScorerSpec
        from moderator.scoring.process import ProcessScorer
        scorer = ProcessScorer(ScorerSpec("fake", "fake_scorer:Fake"))
        scorer.score([ScoreRequest("a")])
        print(scorer.pid, flush=True)
        scorer.score([ScoreRequest({text!r})])
        time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        try:
            yield parent, int(parent.stdout.readline())
        finally:
            parent.kill()


@pytest.mark.parametrize("text", ["sleep in the middle of a batch", "idle"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_child_leaves_when_its_parent_dies(fake_path, text, how):
    with parent_process(text) as (parent, child):
        assert psutil.pid_exists(child)
        time.sleep(0.1)
        parent.send_signal(how)
        parent.wait(PATIENCE_S)
        wait_until(lambda: is_gone(child))


def test_the_child_leaves_an_orphaned_pipe_that_somebody_else_holds_open(fake_path):
    code = """
        import os, time
        from moderator.scoring.base import ScoreRequest, ScorerSpec
        from moderator.scoring.process import ProcessScorer
        scorer = ProcessScorer(ScorerSpec("fake", "fake_scorer:Fake"))
        scorer.score([ScoreRequest("a")])
        other = os.fork()
        if other == 0:
            time.sleep(60)
            os._exit(0)
        print(scorer.pid, other, flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        child, other = map(int, parent.stdout.readline().split())
        try:
            parent.kill()
            wait_until(lambda: is_gone(child))
            assert psutil.pid_exists(other)
        finally:
            os.kill(other, signal.SIGKILL)
