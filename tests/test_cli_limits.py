"""`latelabel limits` as a user meets it."""

import argparse
import math

import pytest

from scenarios import ScenarioError
from scenarios.durations import DAY, HOUR, MINUTE
from simulator.cli import DONE, WRONG, main
from simulator.commands import limits
from simulator.limits import LIMITS

SMALL = ["--attribution-window", "4d", "--clicks", "4000", "--seeds", "2"]


def asked(*arguments):
    parser = argparse.ArgumentParser(exit_on_error=False)
    limits.add_options(parser)
    return parser.parse_args(arguments)


def table(printed):
    """Return the figures of a printed table by method."""
    rows = [line.strip("│").split("│") for line in printed.splitlines() if line.startswith("│")]
    return {name.strip(): [figure.strip() for figure in figures] for name, *figures in rows}


def test_it_says_what_is_replayed_and_what_comes_out(capsys):
    assert main(["limits", "waiting_window", "fnw", *SMALL, "--window", "2h", "--rate", "0.3"]) == DONE
    printed = capsys.readouterr().out
    assert "conversion rate 0.3, delays 0.5 x Exp(30m) and 0.5 x Exp(3d)" in printed
    assert "waiting window 2h, steady traffic; 2 logs of 4,000 clicks, 12 days" in " ".join(printed.split())
    rows = table(printed)
    p = 0.15 * (1 - math.exp(-192)) + 0.15 * (1 - math.exp(-4 / 3))
    early = 0.15 * (1 - math.exp(-4)) + 0.15 * (1 - math.exp(-2 / 72))
    assert float(rows["fnw"][0]) == pytest.approx(p, abs=5.1e-5)
    assert float(rows["waiting_window"][0]) == pytest.approx(early, abs=5.1e-5)
    predicted, reached, error, away = (float(figure) for figure in rows["fnw"])
    assert away == pytest.approx((reached - predicted) / error, abs=0.6 * 1e-4 / error + 0.06)


def test_growth_moves_the_limit(capsys):
    arguments = ["limits", "fnw", "mature_daily", "--attribution-window", "4d", "--seeds", "2", "--clicks", "20000"]
    assert main([*arguments, "--growth", "x2 per week"]) == DONE
    printed = capsys.readouterr().out
    assert "traffic x2 per week" in " ".join(printed.split())
    rows = table(printed)
    assert float(rows["fnw"][0]) < 0.97 * float(rows["mature_daily"][0])


def test_an_outage_moves_what_does_not_wait_for_the_feed(capsys):
    assert main(["limits", "oracle", "fnw", *SMALL, "--outage", "36h"]) == DONE
    printed = capsys.readouterr().out
    assert "no closed form" in printed
    rows = table(printed)
    assert rows["oracle"][1:] == ["-", "", "-", ""]
    before, lowest, at, highest, _ = rows["fnw"]
    assert float(lowest) < float(before) < float(highest)
    assert at in ("+36 h", "+39 h")


def test_every_method_is_asked_unless_some_are():
    assert set(limits.methods(asked())) == set(LIMITS)
    chosen = limits.methods(asked("fnw", "frozen", "prior_correction", "waiting_window", "--window", "15m"))
    assert chosen == {"fnw": {}, "frozen": {}, "prior_correction": {}, "waiting_window": {"window": 15 * MINUTE}}


def test_the_log_is_long_enough_for_labels_to_mature_and_models_to_settle():
    toy = limits.toy(asked("--rate", "0.05", "--attribution-window", "36h"))
    assert (toy.clicks, toy.days, toy.attribution_window) == (400_000, 6, 36 * HOUR)
    toy = limits.toy(asked("--attribution-window", "3d", "--outage", "2d"))
    assert toy.days * DAY / 3 - DAY - 2 * DAY >= toy.attribution_window


@pytest.mark.parametrize(
    ("text", "weekly"),
    [
        ("x2 per week", 2),
        ("x 0.5", 0.5),
        ("+10%", 1.1),
        (" -10 % per week", 0.9),
        ("x1.5 per day", 1.5**7),
        ("10% per day", 1.1**7),
    ],
)
def test_growth_in_words(text, weekly):
    assert asked("--growth=" + text).growth * 7 == pytest.approx(math.log(weekly))


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--growth", "2", 'expected a growth such as "x2 per week" or "-10% per week", got \'2\''),
        ("--growth", "x0 per week", "expected a growth"),
        ("--growth", "-100%", "expected a growth"),
        ("--growth", "x2%", "expected a growth"),
        ("--growth", "x2 per year", "expected a growth"),
        ("--rate", "1", "expected a share between 0 and 1, got '1'"),
        ("--rate", "many", "expected a share between 0 and 1, got 'many'"),
        ("--delay", "0.5:30m,0.4:2h", "expected shares that add up to 1, got 0.9 from '0.5:30m,0.4:2h'"),
        ("--delay", "0.5:30m,0.5", 'expected a duration such as "90s" or "7d", got \'\''),
        ("--delay", "1:0s", "expected more than nothing, got '0s'"),
        ("--window", "an hour", 'expected a duration such as "90s" or "7d", got \'an hour\''),
        ("--seeds", "1", "expected a whole number of at least 2, got '1'"),
        ("--clicks", "-5", "expected a whole number of at least 1, got '-5'"),
    ],
)
def test_what_is_wrong_with_an_option_is_said(option, text, message):
    with pytest.raises(argparse.ArgumentError) as error:
        asked(f"{option}={text}")
    assert message in str(error.value)


def test_one_delay_is_a_mixture_too():
    assert asked("--delay", "1:2h").delay == ((1.0, 2 * HOUR),)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fwn"], "METHOD: no method is called 'fwn'; did you mean 'fnw'?"),
        (["--window", "31d"], "--window: expected at most the attribution window, 30d, got '31d'"),
        (
            ["--growth", "x50 per week"],
            "--clicks: expected at least 200 clicks that are both mature and near the log's end",
        ),
        (["--growth", "x0.1 per week"], "--clicks: expected at least 200 clicks"),
    ],
)
def test_a_wrong_request_is_refused(arguments, message, capsys):
    assert main(["limits", *arguments]) == WRONG
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_all_that_is_wrong_with_the_world_is_said_at_once():
    with pytest.raises(ScenarioError) as error:
        limits.toy(asked("--window", "40d", "--clicks", "100"))
    assert [problem.key for problem in error.value.problems] == ["--window", "--clicks"]


def test_methods_for_money_are_told_apart(capsys):
    assert main(["limits", "value_delta"]) == WRONG
    assert "value_delta predicts money" in capsys.readouterr().err
