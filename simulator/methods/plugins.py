"""Methods of other packages: the entry points of the group `latelabel.methods`, each a name and a recipe."""

import functools
import inspect
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from simulator.methods.base import Method, Recipe, Timing, parameters

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "latelabel.methods"


class PluginError(RuntimeError):
    """A method of another package cannot be used; the message names the package."""


class Methods(Mapping[str, Recipe]):
    """Our methods, and after them those of installed packages, by name.

    Names are read from the packages' metadata; a package's code is imported when its method is asked for, never
    before.  Asking for a method of a package that is broken, or for a name that several have, raises `PluginError`;
    every other method stays as it was.

    Parameters
    ----------
    ours : mapping of str to Recipe
    """

    def __init__(self, ours: Mapping[str, Recipe]) -> None:
        self._ours = ours
        self._loaded: dict[str, Recipe] = {}

    def __getitem__(self, name: str) -> Recipe:
        theirs = () if name not in self else self._plugins.get(name, ())
        if not theirs:
            return self._ours[name]
        if name in self._ours or len(theirs) > 1:
            raise PluginError(_clash(name, theirs, "latelabel" if name in self._ours else ""))
        if name not in self._loaded:
            self._loaded[name] = _load(theirs[0])
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._ours or name in self._plugins

    def __iter__(self) -> Iterator[str]:
        yield from self._ours
        yield from (name for name in self._plugins if name not in self._ours)

    def __len__(self) -> int:
        return len(self._ours.keys() | self._plugins.keys())

    @functools.cached_property
    def _plugins(self) -> dict[str, tuple["EntryPoint", ...]]:
        from importlib.metadata import entry_points  # noqa: PLC0415  (only who asks for methods pays for it)

        found: dict[str, tuple[EntryPoint, ...]] = {}
        for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, package_of(point))):
            found[point.name] = (*found.get(point.name, ()), point)
        return found


def package_of(point: "EntryPoint") -> str:
    """Return the name and the version of the package that an entry point comes from."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unnamed package"


def origin(recipe: Recipe) -> str | None:
    """Return the package and version that a recipe comes from; None for ours."""
    package: str | None = getattr(recipe, "package", None)
    return package


def _clash(name: str, theirs: tuple["EntryPoint", ...], ours: str) -> str:
    packages = [*([ours] if ours else []), *(package_of(point) for point in theirs)]
    listed = f"{', '.join(packages[:-1])} and {packages[-1]}"
    return f"the name {name!r} is claimed by {listed}; uninstall all but one, or rename the entry point"


def _load(point: "EntryPoint") -> Recipe:
    package = package_of(point)
    try:
        recipe: Any = point.load()
    except Exception as error:
        raise PluginError(f"{package}: {point.value} cannot be imported: {type(error).__name__}: {error}") from error
    try:
        inspect.signature(recipe).bind_partial(object())
        parameters(recipe)
    except (TypeError, ValueError, NameError, AttributeError) as error:
        what = "a function (timing, *, parameters) -> Method"
        raise PluginError(f"{package}: expected {point.value} to be {what}; {error}") from error
    return _guarded(recipe, package, point.value)


def _guarded(recipe: Recipe, package: str, place: str) -> Recipe:
    """Return the recipe, with whatever it does wrong told as the package's fault."""

    @functools.wraps(recipe)
    def guarded(timing: Timing, **values: Any) -> Method:
        try:
            method = recipe(timing, **values)
        except ValueError:
            raise  # its message to the user
        except Exception as error:
            raise PluginError(f"{package}: {place} failed: {type(error).__name__}: {error}") from error
        if not isinstance(method, Method):
            raise PluginError(f"{package}: expected {place} to return a Method, got {type(method).__name__}")
        return method

    guarded.package = package  # type: ignore[attr-defined]  # read by `origin`
    return guarded
