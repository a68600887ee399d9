"""How fast a replay is, as ratios in one run: ours against river, scikit-learn and Vowpal Wabbit, on one core.

    python benchmarks/speed.py [--clicks 10_000_000] [--others 100_000] [--folder DIR]

The log is like Criteo's: 8 integers, 9 categories, CVR 0.2, 30 days, Parquet.  Everybody learns AdaGrad logistic
regression of the label after one hour, or with the label's own delay in river's case.  Times are CPU seconds of the
process (children included), so that what else the machine does moves them little; ratios are of clicks per second.
"""

import argparse
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from criteo_like import CARDINALITIES, write_log

SLOTS = 1 << 20
SCENARIO = """
name = "benchmark"
[log]
kind = "table"
path = "{path}"
categorical = {categorical}
numeric = {numeric}
[clock]
attribution_window = "7d"
publish_every = "1h"
[learner]
optimizer = "adagrad"
bits = 20
[[method]]
name = "waiting_window"
window = "1h"
"""
CATEGORICAL = [f"cat{j}" for j in range(len(CARDINALITIES))]
NUMERIC = [f"int{j}" for j in range(8)]


def main() -> None:
    """Measure everybody and print the ratios."""
    options = _options()
    folder = options.folder or Path(tempfile.gettempdir()) / "latelabel-benchmark"
    logs = {n: write_log(folder / f"criteo-like-{n}.parquet", n) for n in {options.clicks, options.command, 1_000_000}}
    sample = pq.read_table(logs[1_000_000]).slice(0, options.others)
    rates = {
        "river progressive_val_score, delayed": river_rate(sample),
        "scikit-learn partial_fit, batches of 1,000": sklearn_rate(sample),
        "Vowpal Wabbit": vowpal_rate(sample, folder),
    }
    ours = replay_rates(logs[1_000_000], logs[options.clicks], options.clicks, folder)
    ours[f"whole command, {options.command:,} clicks"] = command_rate(logs[options.command], options.command, folder)
    report(ours, rates)
    memory(logs, options.clicks, folder)


def river_rate(sample) -> float:
    """Return clicks per CPU second of river, on dictionaries made beforehand."""
    from river import evaluate, linear_model, metrics, optim

    rows = _dictionaries(sample)
    click, conversion = sample["click_time"].to_pylist(), sample["conversion_time"].to_pylist()
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    moments = [epoch + dt.timedelta(microseconds=time) for time in click]
    delays = [
        dt.timedelta(microseconds=min((b or a + 604_800_000_000) - a, 604_800_000_000))
        for a, b in zip(click, conversion, strict=True)
    ]
    places = {id(x): i for i, x in enumerate(rows)}
    data = [(x, b is not None) for x, b in zip(rows, conversion, strict=True)]
    model = linear_model.LogisticRegression(optimizer=optim.AdaGrad(0.05))
    started = time.process_time()
    evaluate.progressive_val_score(
        data,
        model,
        metrics.LogLoss(),
        moment=lambda x: moments[places[id(x)]],
        delay=lambda x, _: delays[places[id(x)]],
    )
    return len(rows) / (time.process_time() - started)


def sklearn_rate(sample) -> float:
    """Return clicks per CPU second of scikit-learn's SGD on hashed one-hot rows made beforehand, batches of 1,000."""
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.linear_model import SGDClassifier

    rows = _dictionaries(sample)
    x = FeatureHasher(SLOTS, alternate_sign=False).transform(rows)
    y = np.array([value is not None for value in sample["conversion_time"].to_pylist()])
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.05, alpha=0.0)
    model.partial_fit(x[:1], y[:1], classes=[False, True])
    started = time.process_time()
    for at in range(0, x.shape[0], 1_000):
        model.predict_proba(x[at : at + 1_000])
        model.partial_fit(x[at : at + 1_000], y[at : at + 1_000])
    return len(rows) / (time.process_time() - started)


def vowpal_rate(sample, folder: Path) -> float | None:
    """Return clicks per CPU second of Vowpal Wabbit on a file in its own format; None where it is not installed."""
    try:
        import vowpalwabbit
    except ImportError:
        return None
    path = folder / "sample.vw"
    rows = _dictionaries(sample)
    labels = sample["conversion_time"].to_pylist()
    path.write_text(
        "".join(f"{1 if y is not None else -1} | {' '.join(x)}\n" for x, y in zip(rows, labels, strict=True))
    )
    started = time.process_time()
    vw = vowpalwabbit.Workspace(f"-d {path} --loss_function logistic -b 20 --adaptive --quiet -l 0.05")
    vw.finish()
    return len(rows) / (time.process_time() - started)


def replay_rates(short: Path, log: Path, clicks: int, folder: Path) -> dict[str, float]:
    """Return our clicks per CPU second, from raw Parquet to metrics and from a prepared log.

    A short log is replayed first in the same process, so that imports and compiled code are there, as river's are.
    """
    script = (
        "import json, sys, time; from simulator import load; from simulator.runner import run\n"
        "import simulator.play as play, simulator.runner as runner\n"
        "runner.write_report = lambda folder: None\n"
        "play.write_predictions = lambda *arguments: None\n"
        "seconds = []\n"
        "for path in (sys.argv[2], sys.argv[1], sys.argv[1]):\n"
        "    started = time.process_time()\n"
        "    run(load(path), out=sys.argv[3])\n"
        "    seconds.append(time.process_time() - started)\n"
        "print(json.dumps(seconds))\n"
    )
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        environment = {**os.environ, "LATELABEL_CACHE": fresh}
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                script,
                *(str(_scenario(path, folder)) for path in (log, short)),
                str(folder / "run"),
            ],
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
        )
    _, raw, prepared = json.loads(done.stdout.splitlines()[-1])
    return {
        f"raw Parquet to metrics, {clicks:,} clicks": clicks / raw,
        f"prepared log to metrics, {clicks:,} clicks": clicks / prepared,
    }


def command_rate(log: Path, clicks: int, folder: Path) -> float:
    """Return clicks per CPU second of the whole command, second run: imports, predictions and report included."""
    command = [sys.executable, "-m", "simulator.cli", "run", str(_scenario(log, folder)), "--quiet"]
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, "--out", str(folder / "run")], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clicks / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def memory(logs: dict[int, Path], clicks: int, folder: Path) -> None:
    """Print the peak of memory that is not a mapped file, of a run from raw Parquet, at both lengths of log."""
    script = (
        "import sys, threading, time; from simulator import load; from simulator.runner import run\n"
        "peak = 0; done = False\n"
        "def watch():\n"
        "    global peak\n"
        "    while not done:\n"
        "        lines = open('/proc/self/status').read().split('\\n')\n"
        "        peak = max(peak, *(int(line.split()[1]) for line in lines if line.startswith('RssAnon')))\n"
        "        time.sleep(0.01)\n"
        "thread = threading.Thread(target=watch); thread.start()\n"
        "run(load(sys.argv[1]), out=sys.argv[2]); done = True; thread.join(); print(peak)\n"
    )
    peaks = {}
    for n in sorted({1_000_000, clicks}):
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            done = subprocess.run(
                [sys.executable, "-c", script, str(_scenario(logs[n], folder)), str(folder / "run")],
                env={**os.environ, "LATELABEL_CACHE": fresh},
                check=True,
                stdout=subprocess.PIPE,
            )
        peaks[n] = int(done.stdout) / 1024
        print(f"peak anonymous memory, raw Parquet, {n:,} clicks: {peaks[n]:.0f} MiB")
    few, many = min(peaks), max(peaks)
    print(f"ratio: {peaks[many] / peaks[few]:.2f}")


def report(ours: dict[str, float], others: dict[str, float | None]) -> None:
    """Print the table of ratios."""
    for name, rate in others.items():
        print(f"{name}: " + (f"{rate:,.0f} clicks per CPU second" if rate else "not installed"))
    for name, rate in ours.items():
        ratios = ", ".join(f"{rate / other:.0f} x {who.split(',')[0]}" for who, other in others.items() if other)
        print(f"{name}: {rate:,.0f} clicks per CPU second; {ratios}")


def _dictionaries(sample) -> list[dict[str, float]]:
    columns = {name: sample[name].to_pylist() for name in [*CATEGORICAL, *NUMERIC]}
    names = list(columns)
    return [
        {f"{name}={value}": 1.0 for name, value in zip(names, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]


def _scenario(log: Path, folder: Path) -> Path:
    path = folder / f"{log.stem}.toml"
    path.write_text(SCENARIO.format(path=log, categorical=json.dumps(CATEGORICAL), numeric=json.dumps(NUMERIC)))
    return path


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clicks", type=int, default=10_000_000, help="clicks of the long log")
    parser.add_argument("--command", type=int, default=2_000_000, help="clicks of the whole command's log")
    parser.add_argument("--others", type=int, default=100_000, help="clicks that the others are measured on")
    parser.add_argument("--folder", type=Path, help="where logs are kept between runs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
