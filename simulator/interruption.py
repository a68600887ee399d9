"""Ctrl-C as a wish, to be granted when the run can be put down."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class StoppedError(RuntimeError):
    """A run stopped because it was asked to; the message says why it cannot go on later, if so."""


class Interruption:
    """While entered, notes the first Ctrl-C for whoever asks; KeyboardInterrupt if nobody does yet, or at the second.

    Works in the main thread alone; elsewhere Ctrl-C is what it always is.
    """

    def __init__(self) -> None:
        self._asked, self._listened_to = threading.Event(), threading.Event()
        self._before: Any = None

    def came(self) -> bool:
        """Return whether Ctrl-C was pressed."""
        self._listened_to.set()
        return self._asked.is_set()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  (what a handler is given)
        if self._asked.is_set() or not self._listened_to.is_set():
            raise KeyboardInterrupt
        self._asked.set()
