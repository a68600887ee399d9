"""run.json of a market: what a run says of itself."""

import importlib.metadata
import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from scenarios.durations import format_duration
from simulator.market.controllers import CONTROLLERS
from simulator.market.estimators import ESTIMATORS
from simulator.methods import METHODS, parameters, summary
from simulator.record import FORMAT, PACKAGES, iso, log_record

if TYPE_CHECKING:
    from simulator.market.runner import Played, Stall


def market_record(stall: "Stall", played: Mapping[str, "Played"]) -> str:
    """Return run.json: everything that is needed to understand a run, or to do it again."""
    scenario, campaigns = stall.scenario, stall.auctions.campaigns
    resolved = scenario.resolved()
    record = {
        "latelabel": importlib.metadata.version("latelabel"),
        "format": FORMAT,
        "kind": "market",
        "name": scenario.name,
        "title": scenario.title,
        "hash": scenario.hash(),
        "seed": scenario.seed,
        "scenario": resolved,
        "versions": {"python": sys.version.split()[0]} | {name: importlib.metadata.version(name) for name in PACKAGES},
        "log": log_record(stall.auctions.log, resolved["log"]),
        "clock": {
            "evaluate_from": iso(stall.yardstick.evaluate_from),
            "end": iso(stall.clock.end),
            "attribution_window": resolved["clock"]["attribution_window"],
            "publish_every": resolved["clock"]["publish_every"],
            "update_every": format_duration(stall.market.update_every),
        },
        "campaigns": [
            {"name": name, "target": target, "launch": iso(int(launch))}
            for name, target, launch in zip(campaigns.names, campaigns.target.tolist(), campaigns.launch, strict=True)
        ],
        "events": [{"name": event.name, "at": iso(event.at)} for event in stall.events],
        "ledger": {label: one.ledger.as_dict() for label, one in played.items()},
        "methods": {spec.label: _bidder(stall, spec, played[spec.label]) for spec in stall.market.bidder},
        "timings": stall.seconds | {label: one.seconds for label, one in played.items()},
    }
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _bidder(stall: "Stall", spec: Any, played: "Played") -> dict[str, Any]:
    method = next(one for one in stall.scenario.methods if spec.method is None or one.label == spec.method)
    tally = played.bidder.trainer.tally
    recipes: list[Callable[..., Any]] = [CONTROLLERS[spec.controller], ESTIMATORS[spec.estimator]]
    defaults = {one.name: one.default for recipe in recipes for one in parameters(recipe).values()}
    return {
        "name": spec.controller,
        "method": method.label,
        "controller": spec.controller,
        "estimator": spec.estimator,
        "delays": spec.delays,
        "parameters": defaults | dict(spec.parameters),
        "describe": f"{summary(recipes[0])} {summary(recipes[1])} {summary(METHODS[method.name])}",
        "examples": tally.examples,
        "head_examples": tally.head_examples,
        "positives": tally.positives,
        "seconds": played.seconds,
    }
