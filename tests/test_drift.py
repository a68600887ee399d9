"""The drift alarm: that it is river's ADWIN, that it rings soon and rarely, and never before it can know."""

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

from simulator import drift
from simulator.drift import drift_alarms

HOUR, DAY = 3_600_000_000, 86_400_000_000
WINDOW = 7 * DAY
START = 19_000 * DAY


def stream(seed, *, days=60, an_hour=1000, rate=0.1, shift=1.0, at=20, wobble=0.3):
    """Clicks whose conversions rise by `shift` on day `at`, which the predictions do not know."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(an_hour * days * 24)
    time = np.sort(START + rng.integers(0, days * DAY, n))
    p = (rate * np.exp(rng.normal(0, wobble, n) - wobble**2 / 2)).clip(1e-6, 0.9).astype(np.float32)
    label = rng.random(n) < p * np.where(time < START + at * DAY, 1, shift)
    return time, p, label


def alarms(columns, days=60, **options):
    chosen = {"attribution_window": WINDOW, "start": START, "end": START + days * DAY + WINDOW} | options
    return drift_alarms(*columns, **chosen)


def late(columns, at=20):
    """Days from the moment when the first changed click has matured to the alarm."""
    rang = [(alarm.time - START - WINDOW) / DAY - at for alarm in alarms(columns)]
    return next((delay for delay in rang if delay > 0), np.inf)


@pytest.mark.parametrize("source", ["normal", "shifted", "binary", "heavy"])
@pytest.mark.parametrize("delta", [0.002, 0.05])
def test_the_inner_detector_is_rivers_adwin(source, delta):
    rng = np.random.default_rng(7)
    values = {
        "normal": rng.normal(size=3000),
        "shifted": rng.normal(size=3000) / 4 + np.repeat([0, 0.5, -0.2], 1000),
        "binary": (rng.random(3000) < np.repeat([0.1, 0.5, 0.2], 1000)).astype(float),
        "heavy": rng.standard_t(2, 3000),
    }[source]
    public = import_module("river.drift").ADWIN(delta=delta, clock=1)
    theirs = []
    for at, value in enumerate(values.tolist()):
        public.update(value)
        theirs += [at] if public.drift_detected else []
    for make in (drift._detector, drift._public_detector):
        update, ours = make(delta), []
        for at, value in enumerate(values.tolist()):
            if update(value):
                ours.append(at)
                update = make(delta)
        assert ours == theirs
    assert theirs or source in ("normal", "heavy")


def test_without_the_private_module_the_alarms_are_the_same(monkeypatch):
    columns = stream(0, shift=1.3)
    inner = alarms(columns)
    monkeypatch.setitem(sys.modules, "river._river_rust.drift", None)
    assert drift._detector(0.002).__module__ == "simulator.drift"
    assert alarms(columns) == inner
    assert inner


def test_the_alarm_does_not_load_what_it_does_not_need():
    code = "import sys; from simulator import drift; drift._detector(0.002)(0.5); print(*sys.modules)"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our own code)
    assert not {"sklearn", "pandas", "river.drift"} & set(found.stdout.split())


def test_steady_streams_rarely_ring():
    rang = [bool(alarms(stream(seed, an_hour=an_hour))) for an_hour in (3, 50, 200) for seed in range(10)]
    assert sum(rang) <= 1


@pytest.mark.parametrize(("shift", "days"), [(0.8, 2), (0.9, 5), (1.1, 5), (1.2, 2)])
def test_a_changed_rate_rings_within_days(shift, days):
    delays = [late(stream(seed, days=30, shift=shift)) for seed in range(3)]
    assert max(delays) < days


def test_an_alarm_tells_the_residual_before_and_after():
    (alarm,) = alarms(stream(1, days=30, shift=1.3))
    assert alarm.before == pytest.approx(0, abs=0.002)
    assert alarm.after == pytest.approx(0.3 * 0.1, abs=0.006)


def test_after_an_alarm_detection_begins_afresh():
    time, p, label = stream(2, days=40, shift=1.4, at=10)
    back = time >= START + 25 * DAY
    label[back] = np.random.default_rng(0).random(back.sum()) < p[back]
    first, second = alarms((time, p, label))
    assert first.after > 0.02 > abs(first.before)
    assert second.before > 0.02 > abs(second.after)


def test_an_alarm_knows_nothing_that_had_not_matured():
    time, p, label = stream(3, days=30, shift=1.4)
    (alarm,) = alarms((time, p, label))
    unripe = time + WINDOW >= alarm.time
    for other in (~label, np.zeros_like(label)):
        changed = alarms((time, p, np.where(unripe, other, label)))
        assert changed[0] == alarm
    ripe = slice(0, int(np.searchsorted(time, alarm.time - WINDOW)))
    assert alarms((time[ripe], p[ripe], label[ripe]), end=alarm.time) == [alarm]
    assert alarms((time[ripe], p[ripe], label[ripe]), end=alarm.time - HOUR) == []


def test_an_alarm_rings_at_the_end_of_an_interval():
    columns = stream(4, days=30, shift=1.5)
    for every in (HOUR, 6 * HOUR):
        for alarm in alarms(columns, every=every, start=START + 17):
            assert (alarm.time - START - 17) % every == 0


def test_one_broken_hour_does_not_ring():
    time, p, label = stream(5, days=30)
    hour = (time >= START + 15 * DAY) & (time < START + 15 * DAY + HOUR)
    assert alarms((time, p, label | hour)) == []


def test_hours_without_clicks_are_passed_over():
    columns = stream(6, days=30, shift=1.4)
    night = (columns[0] - START) % DAY < 8 * HOUR
    assert len(alarms(tuple(column[~night] for column in columns))) == 1


@pytest.mark.parametrize("span", [(START, START), (START, START - DAY), (START + 90 * DAY, START + 99 * DAY)])
def test_nothing_matured_nothing_rings(span):
    assert alarms(stream(0, days=3), start=span[0], end=span[1]) == []
    nothing = (np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, bool))
    assert alarms(nothing) == []
