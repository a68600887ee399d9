"""Ready scenarios, by name; each file opens with why it exists and what to look for."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Return the names of all ready scenarios, sorted."""
    return sorted(file.stem for file in _FOLDER.glob("*.toml"))


def path(name: str) -> Path:
    """Return the file of a ready scenario.

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    if name not in names():
        raise KeyError(name)
    return _FOLDER / f"{name}.toml"


def describe(name: str) -> str:
    """Return why a ready scenario exists: the first paragraph of the comment it opens with, on one line.

    Raises
    ------
    KeyError
        If there is none of that name.

    Examples
    --------
    >>> describe("quickstart")
    'Six ways to learn from labels that come hours late, in a world whose true probabilities are known.'
    """
    paragraph = []
    for line in path(name).read_text(encoding="utf-8").splitlines():
        text = line.removeprefix("#").strip()
        if not line.startswith("#") or not text:
            break
        paragraph.append(text)
    return " ".join(paragraph)
