"""`latelabel check`: it finds who looks ahead, at which click, and lets everybody else pass."""

import numpy as np
import pytest
from frames import changed, frame

from learners import Logistic
from learners.corrections import Plain
from replay.policies import NegativeFirst, Wait
from scenarios.durations import HOUR
from simulator import load
from simulator.cli import DONE, FAILED, WRONG, main
from simulator.lookahead import inspect
from simulator.methods import METHODS, Head, Method

NAMES = [{"name": name} for name in METHODS]


class Leaky(Wait):
    """A policy that peeks, past the view, at how its clicks end."""

    def due(self, view, start, end):
        examples = super().due(view, start, end)
        return examples._replace(label=view.deliveries.label[examples.row])


class Asking(Wait):
    """A policy that asks the view for the future, without saying that it looks ahead."""

    def due(self, view, start, end):
        examples = super().due(view, start, end)
        return examples._replace(label=view.true_label(examples.row))


class Counting(NegativeFirst):
    """A policy that knows how many clicks the log will have."""

    def due(self, view, start, end):
        examples = super().due(view, start, end)
        return examples.part(slice(view.log.n_clicks % 2, None))


RECIPES = {
    "leaky": lambda timing: Method(Leaky(HOUR), Plain()),
    "asking": lambda timing: Method(Asking(HOUR), Plain()),
    "counting": lambda timing: Method(Counting(), Plain()),
    "leaky_head": lambda timing: Method(Wait(HOUR), Rescaled(), {"peek": Head(Leaky(HOUR), Plain())}),
}


class Rescaled(Plain):
    """A correction that serves what a head says."""

    serves_from = ("peek",)

    def serve(self, seen):
        return seen["peek"]


@pytest.fixture
def recipes(monkeypatch):
    monkeypatch.setattr("simulator.build.METHODS", {**METHODS, **RECIPES})


def test_of_our_methods_the_oracles_alone_look_ahead_and_say_so():
    found = inspect(load(changed(method=NAMES)), log=frame())
    assert found.passed
    assert found.clicks == 1_500
    assert {verdict.method for verdict in found.verdicts if verdict.looks_ahead} == {"oracle", "value_oracle"}
    assert {verdict.method for verdict in found.verdicts if verdict.declared} == {"oracle", "value_oracle"}
    assert all(verdict.examples > 100 for verdict in found.verdicts)


@pytest.mark.parametrize("name", RECIPES)
def test_whoever_looks_ahead_is_caught(name, recipes):
    log = frame()
    found = inspect(load(changed(method=[{"name": "fnw"}, {"name": name}])), log=log)
    honest, caught = found.verdicts
    assert not honest.looks_ahead
    assert caught.looks_ahead
    assert not caught.declared
    assert not found.passed
    if name != "asking":
        time = log["click_time"].astype("int64")[caught.difference.click]
        assert caught.difference.click_time == time <= found.moment


def test_aggregates_are_made_anew_and_checked(monkeypatch):
    asked = [{"name": "spent", "of": "outcomes", "what": "sum", "by": ["user"]}]
    scenario = load(changed(method=[{"name": "fnw"}], log={"aggregate": asked}))
    assert inspect(scenario, log=frame()).passed
    early = lambda outcomes, feed: np.zeros(len(outcomes.time), np.int64)  # noqa: E731  (known before they happen)
    monkeypatch.setattr("replay.aggregates.sweep.arrives", early)
    assert not inspect(scenario, log=frame()).passed


@pytest.mark.parametrize("publish_every", ["0s", "1d"])
def test_on_any_clock(publish_every, recipes):
    scenario = changed(method=[{"name": "leaky"}, {"name": "waiting_window"}], clock={"publish_every": publish_every})
    caught, honest = inspect(load(scenario), log=frame(300)).verdicts
    assert caught.looks_ahead
    assert not honest.looks_ahead


def test_a_learner_of_ones_own_is_checked_too():
    class Eager(Logistic):
        """A learner with a memory beside its own: what one life has learned colours the next."""

        times = 0

        def learn(self, x, positive, negative):
            super().learn(x, positive, negative)
            Eager.times += 1

        def predict(self, x):
            return super().predict(x) * np.float32(1 - 1e-6 * (Eager.times % 97))

    assert inspect(load(changed()), log=frame(400), learner=Logistic(bits=10)).passed
    assert not inspect(load(changed()), log=frame(400), learner=Eager(bits=10)).passed


def test_a_long_log_is_thinned_evenly():
    found = inspect(load(changed()), log=frame(), clicks=400)
    assert found.clicks == 375  # every fourth
    assert found.passed


def test_where_nothing_was_learned_nothing_is_claimed(tmp_path, capsys):
    assert main(["check", "quickstart", "--set", "log.clicks=1"]) == DONE
    assert "not tested: nothing was learned" in capsys.readouterr().out


def test_the_command_says_who_and_when(tmp_path, capsys, recipes):
    frame().to_parquet(tmp_path / "clicks.parquet")
    body = 'name = "mine"\n[log]\nkind = "table"\npath = "clicks.parquet"\n[clock]\nattribution_window = "2d"\n'
    (tmp_path / "mine.toml").write_text(body + '[[method]]\nname = "fnw"\n[[method]]\nname = "oracle"\n')
    assert main(["check", str(tmp_path / "mine.toml"), "--clicks", "1000"]) == DONE
    printed = capsys.readouterr().out
    assert "750 clicks; the future was changed after 2025-03-0" in printed
    assert "no (" in printed
    assert "YES, and says so" in printed
    assert main(["check", str(tmp_path / "mine.toml"), "--set", "method[0].name=leaky"]) == FAILED
    assert "YES, first difference at click " in capsys.readouterr().out
    assert main(["check", str(tmp_path / "mine.toml"), "--set", "method[0].name=leakier"]) == WRONG
