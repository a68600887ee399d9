"""The scenario: the shape of the whole file, and what can be asked of one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, Field, PrivateAttr

from scenarios.any_log import Log
from scenarios.checks import Check
from scenarios.fields import Settings, Slug
from scenarios.load import load_as
from scenarios.market import Market
from scenarios.sections import NO_GRID, Clock, Feed, GridSpec, Learner, Methods, MethodSpec, Metrics, Pipeline, Tune


class Scenario(Settings):
    """What to run: a log, a learner, some methods, a clock, and what is measured.

    Made by `Scenario.load`, which lists everything that is wrong at once; frozen, so that what was checked is what
    is run.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    name: Slug = Field(description="Names the folder of the results.")
    title: str | None = Field(default=None, description="Heading of the report.")
    description: str | None = Field(default=None, description="Paragraph below it.")
    seed: int = Field(
        default=0, ge=0, description="All randomness comes from it: same seed, same results, to the byte."
    )
    log: Log = Field(description="Where the clicks come from.")
    clock: Clock = Field(default=Clock(), description="When things happen.")
    feed: Feed = Field(default=Feed(), description="How outcomes travel to the trainer.")
    pipeline: Pipeline | None = Field(default=None, description="What goes wrong on the trainer's side.")
    learner: Learner = Field(default=Learner(), description="What learns.")
    tune: Tune | None = Field(default=None, description="How each method finds its learning rate.")
    methods: Methods = Field(alias="method", description="Ways of coping with late labels.")
    metrics: Metrics = Field(default=Metrics(), description="What is measured.")
    market: Market | None = Field(default=None, description="Auctions for the clicks of the log, if there are any.")
    grid: GridSpec = Field(default=NO_GRID, description="Values to try, in every combination.")
    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    @classmethod
    def load(
        cls,
        source: str | PathLike[str] | Mapping[str, Any],
        overrides: Sequence[str] = (),
        checks: Sequence[Check] = (),
    ) -> Self:
        """Read a scenario, fill in its defaults and check it.

        Parameters
        ----------
        source : path, name or mapping
            A TOML file, the name of a scenario of the catalogue, or the same tables as a mapping.
        overrides : sequence of str
            Values to set on top, such as ``"clock.publish_every=15m"``, ``"method[0].window=1h"``, or
            ``"waiting_window.window=1h"`` for every method of that name.
        checks : sequence of functions
            What else must hold: each gets the tables as they were read and returns the problems it finds.

        Returns
        -------
        Scenario

        Raises
        ------
        ScenarioError
            With everything that is wrong, if anything is.

        Examples
        --------
        >>> scenario = Scenario.load("quickstart", ["clock.publish_every=15m"])
        >>> scenario.resolved()["clock"]["publish_every"]
        '15m'
        """
        scenario, folder = load_as(cls, source, overrides, checks)
        return scenario.within(folder)

    def within(self, folder: Path) -> Self:
        """Return the same scenario with its relative paths starting at a folder."""
        copy = self.model_copy()
        copy._folder = folder  # noqa: SLF001  its own
        return copy

    def with_methods(self, *methods: MethodSpec) -> Self:
        """Return the same scenario with other methods, by another name and without a grid, as grids play them."""
        fresh = {"name": "alone", "title": None, "description": None, "grid": NO_GRID}
        return self.model_copy(update={"methods": methods, **fresh})

    @property
    def folder(self) -> Path:
        """Where relative paths start: the folder of the scenario file, or the working directory if there is none."""
        return self._folder

    def locate(self, path: str) -> Path:
        """Return a path of the scenario, which may be a glob, as an absolute one."""
        return self._folder / Path(path).expanduser()

    def resolved(self) -> dict[str, Any]:
        """Return the whole scenario, every default filled in, as plain data that JSON can hold and `load` reads."""
        plain = self.model_dump(mode="json")
        return plain if plain["grid"] else {key: value for key, value in plain.items() if key != "grid"}

    def hash(self) -> str:
        """Return a digest of everything that decides results: all but title and description.

        Returns
        -------
        str
            64 hexadecimal digits, the same in every process and on every machine.
        """
        decisive = {key: value for key, value in self.resolved().items() if key not in ("title", "description")}
        text = json.dumps(decisive, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()
