"""Values that begin with a minus sign on the command line, such as ``--growth -10%``."""

from collections.abc import Sequence

_DIGITS = frozenset("0123456789")


def joined(arguments: Sequence[str]) -> list[str]:
    """Return arguments with a value that begins as a negative number does joined to its option: ``--growth=-10%``.

    argparse takes "-10%" for an option that it does not know, since it is no plain number.  No option here begins with
    a minus sign and a digit, so what does is the value of the option before it.  What follows "--" is left alone.
    """
    found: list[str] = []
    for at, argument in enumerate(arguments):
        if argument == "--":
            return [*found, *arguments[at:]]
        before = found[-1] if found else ""
        if _negative(argument) and before.startswith("--") and "=" not in before:
            found[-1] = f"{before}={argument}"
        else:
            found.append(argument)
    return found


def _negative(argument: str) -> bool:
    return argument.startswith("-") and argument[1:].lstrip(".")[:1] in _DIGITS
