"""`latelabel limits` as a user meets it."""

import argparse
import math

import numpy as np
import pytest

from scenarios import ScenarioError
from scenarios.durations import DAY, HOUR, MINUTE
from simulator.cli import DONE, WRONG, main
from simulator.commands import limits
from simulator.limits import LIMITS
from simulator.signed import joined
from simulator.toy import Toy

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


def test_refunds_part_the_methods_that_hear_of_them_from_the_others(capsys):
    methods = ["oracle", "net_pu", "fnw", "miss"]
    assert main(["limits", *methods, *SMALL, "--refunds", "0.4:12h", "--rate", "0.3"]) == DONE
    printed = capsys.readouterr().out
    rows, printed = table(printed), " ".join(printed.split())
    net, gross = float(rows["oracle"][0]), float(rows["fnw"][0])
    assert f"0.4 of the conversions are refunded, after Exp(12h): net rate {net:.4f}, gross rate {gross:.4f}" in printed
    assert rows["net_pu"][0] == rows["oracle"][0]
    toy = Toy(rate=0.3, attribution_window=4 * DAY, refunded=0.4, refund_mean=12 * HOUR)
    taken = 0.4 * mean_refunds_in_time(toy)
    assert net == pytest.approx(gross - taken, abs=2e-4)
    for name in ("oracle", "net_pu", "fnw"):
        reached, error = (float(figure) for figure in rows[name][1:3])
        assert abs(reached - float(rows[name][0])) < 5 * error + 0.01
    assert "miss may lie away" in printed


def mean_refunds_in_time(toy):
    """Return P(converts, and a refund that comes for sure is inside the window), by summing over delays."""
    window, times = toy.attribution_window, (np.arange(400_000) + 0.5) / 400_000
    delay = times * window
    density = sum(share / mean * np.exp(-delay / mean) for share, mean in toy.delays)
    refunded = -np.expm1(-(window - delay) / toy.refund_mean)
    return toy.rate * float(np.mean(density * refunded)) * window


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


@pytest.mark.parametrize("growth", [["--growth", "-10%"], ["--growth=-10%"], ["--growth", "-10% per week"]])
def test_a_value_may_begin_with_a_minus_sign(growth, capsys):
    assert main(["limits", "waiting_window", *SMALL, *growth]) == DONE
    assert "traffic x0.9 per week" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["limits", "--growth", "-10%", "fnw"], ["limits", "--growth=-10%", "fnw"]),
        (["limits", "--rate", "-.5"], ["limits", "--rate=-.5"]),
        (["limits", "--growth=x2", "-3"], ["limits", "--growth=x2", "-3"]),
        (["run", "-3.toml"], ["run", "-3.toml"]),
        (["run", "--", "--out", "-3"], ["run", "--", "--out", "-3"]),
        (["limits", "--clicks", "-h"], ["limits", "--clicks", "-h"]),
        (["limits", "--clicks", "-", "--rate"], ["limits", "--clicks", "-", "--rate"]),
    ],
)
def test_only_a_negative_number_after_an_option_is_its_value(typed, meant):
    assert joined(typed) == meant


@pytest.mark.parametrize("option", ["--rate", "--clicks", "--seeds"])
def test_a_negative_number_where_none_makes_sense_is_refused_in_words(option, capsys):
    with pytest.raises(SystemExit):
        main(["limits", option, "-10%"])
    assert f"argument {option}: expected" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["limits", option, "-5"])
    assert f"argument {option}: expected" in capsys.readouterr().err


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
        ("--refunds", "0.3", 'expected a duration such as "90s" or "7d", got \'\''),
        ("--refunds", "1.3:36h", "expected a share between 0 and 1, got '1.3'"),
        ("--refunds", "0.3:0s", "expected more than nothing, got '0s'"),
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
