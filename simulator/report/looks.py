"""One fixed look per method: a colour, a dash pattern and a marker, so that no chart leans on colour alone."""

from typing import NamedTuple

COLOURS = 7  # --m0 to --m6 of style.css
DASHES = {"solid": "", "dash": "7 4", "dashdot": "8 3 2 3", "longdash": "11 4"}  # Plotly's name: SVG's pattern
MARKERS = {  # Plotly's name: SVG path around (0, 0); 8 of them, so that 56 methods look different
    "circle": "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
    "square": "M-3.6,-3.6h7.2v7.2h-7.2z",
    "diamond": "M0,-5L5,0L0,5L-5,0z",
    "triangle-up": "M0,-4.6L4.6,3.6L-4.6,3.6z",
    "cross": "M-1.5,-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
    "star": "M0,-5.2L1.3,-1.7L5,-1.6L2,0.7L3.1,4.2L0,2.1L-3.1,4.2L-2,0.7L-5,-1.6L-1.3,-1.7z",
    "hexagon": "M0,-4.6L4,-2.3V2.3L0,4.6L-4,2.3V-2.3z",
    "x": "M-4.6,-2.5L-2.5,-4.6L0,-2.1L2.5,-4.6L4.6,-2.5L2.1,0L4.6,2.5L2.5,4.6L0,2.1L-2.5,4.6L-4.6,2.5L-2.1,0z",
}


class Look(NamedTuple):
    """How a method is drawn."""

    color: str  # a variable of style.css, which has a light and a dark value for it
    dash: str
    marker: str


BOUND = Look("var(--bound)", "dot", "circle-open")


def looks(bounds: list[bool]) -> list[Look]:
    """Return one look per method, in the order of the scenario; bounds share the neutral one."""
    found, i = [], 0
    for bound in bounds:
        if bound:
            found.append(BOUND)
            continue
        dash = list(DASHES)[i // COLOURS % len(DASHES)]
        found.append(Look(f"var(--m{i % COLOURS})", dash, list(MARKERS)[i % len(MARKERS)]))
        i += 1
    return found


def swatch(look: Look) -> dict[str, str]:
    """Return the SVG parts of a small sample line: ``color``, ``dasharray``, ``path`` and ``fill``."""
    if look == BOUND:
        return {"color": look.color, "dasharray": "2 3", "path": MARKERS["circle"], "fill": "none"}
    return {"color": look.color, "dasharray": DASHES[look.dash], "path": MARKERS[look.marker], "fill": look.color}
