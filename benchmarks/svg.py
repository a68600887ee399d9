"""Small still charts as SVG, for pages where no script runs: scales, marks, axes, and names that do not overlap."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

INK, INK_2, RULE, CARD = "#16191f", "#5b6472", "#e3e6eb", "#ffffff"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
WIDE = 0.56  # of a letter, in font sizes
GAP = 4  # pixels between two names


class Scale(NamedTuple):
    """Takes numbers to pixels; `shape` increases, and makes even what it is even in."""

    shape: Callable[[float], float]
    low: float
    high: float
    start: float  # pixels, of `low`
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a number; what lies beyond an end is put there."""
        low, high = self.shape(self.low), self.shape(self.high)
        share = (self.shape(min(max(value, self.low), self.high)) - low) / (high - low)
        return self.start + share * (self.end - self.start)


def stretched(unit: float, middle: float = 0.0) -> Callable[[float], float]:
    """Return a shape that is even within about a unit of the middle, and logarithmic beyond, on both sides."""
    return lambda value: math.asinh((value - middle) / unit)


class Box(NamedTuple):
    """A rectangle, pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Tell whether two overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def within(self, other: "Box") -> bool:
        """Tell whether this lies inside the other."""
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


class Mark(NamedTuple):
    """A point with a name."""

    x: float
    y: float
    name: str
    color: str


class Drawing:
    """A white card to draw on."""

    def __init__(self, width: int, height: int, about: str) -> None:
        self.width, self.height = width, height
        self.parts = [f"<title>{escape(about)}</title>", f'<rect width="{width}" height="{height}" fill="{CARD}"/>']

    def line(self, points: Sequence[tuple[float, float]], color: str = RULE, width: float = 1, dash: str = "") -> None:
        """Draw a line through points."""
        path = "L".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="{width:g}"{dashed}/>')

    def dot(self, x: float, y: float, color: str, radius: float = 4.5) -> None:
        """Draw a point."""
        place = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"'
        self.parts.append(f'<circle {place} fill="{color}" stroke="{CARD}" stroke-width="1"/>')

    def text(
        self, x: float, y: float, words: str, *, at: str = "start", color: str = INK_2, size: float = 11, turn: int = 0
    ) -> None:
        """Write words that start, end or have their middle at a place."""
        turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
        look = f'text-anchor="{at}" font-size="{size:g}" fill="{color}"{turned}'
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>')

    def across(self, scale: Scale, ticks: Mapping[float, str], title: str, top: float, bottom: float) -> None:
        """Draw a horizontal axis with its grid, from top to bottom."""
        for value, words in ticks.items():
            x = scale(value)
            self.line([(x, top), (x, bottom)])
            self.text(x, bottom + 15, words, at="middle")
        self.text((scale.start + scale.end) / 2, bottom + 33, title, at="middle", size=12)

    def upright(self, scale: Scale, ticks: Mapping[float, str], title: str, left: float, right: float) -> None:
        """Draw a vertical axis with its grid, from left to right."""
        for value, words in ticks.items():
            y = scale(value)
            self.line([(left, y), (right, y)])
            self.text(left - 6, y + 4, words, at="end")
        self.text(left - 44, (scale.start + scale.end) / 2, title, at="middle", size=12, turn=-90)

    def named(self, marks: Sequence[Mark], inside: Box, size: float = 10.5) -> None:
        """Draw points with their names, each as near as it can be without covering another; a thread leads far ones."""
        taken = [Box(mark.x - 5, mark.y - 5, mark.x + 5, mark.y + 5) for mark in marks]
        threads, names = [], []
        for mark in marks:
            room = WIDE * size * len(mark.name) + GAP
            box = next(
                (box for box in _places(mark, room, size) if box.within(inside) and not any(map(box.meets, taken))),
                None,
            )
            if box is None:
                continue
            taken.append(box)
            names.append((box, mark))
            middle = min(max(mark.x, box.left), box.right), (box.top + box.bottom) / 2
            if math.dist(middle, (mark.x, mark.y)) > 16:
                threads.append([(mark.x, mark.y), middle])
        for thread in threads:
            self.line(thread, INK_2, 0.6)
        for mark in marks:
            self.dot(mark.x, mark.y, mark.color)
        for box, mark in names:
            self.text(box.left, box.bottom - 0.22 * size, mark.name, color=INK, size=size)

    def svg(self) -> str:
        """Return the file's text."""
        size = f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}" role="img">'
        return "\n".join([head, *self.parts, "</svg>", ""])


def _places(mark: Mark, room: float, size: float) -> Iterable[Box]:
    """Yield places for a name, the nearest first: beside its point, then around it in growing rings."""
    for far in (0, 12, 24, 38, 54, 72, 92):
        for turn in range(0, 360, 20 if far else 180):
            x = mark.x + (far + 8) * math.cos(math.radians(turn))
            y = mark.y + far * math.sin(math.radians(turn))
            left = x if math.cos(math.radians(turn)) >= 0 else x - room
            yield Box(left, y - 0.6 * size, left + room, y + 0.6 * size)
