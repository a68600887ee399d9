"""The summary and its figures become one page that needs nothing else: no network, no other file."""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

HERE = files(__package__)
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}  # so that no text can end the script element it stands in


def page(summary: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """Return the report as the text of one HTML file.

    Only its own two scripts may run: the policy in its head names them by their hashes, and forbids the network.

    Parameters
    ----------
    summary : mapping
        What `simulator.report.summary.summarize` returned.
    figures : mapping
        What `simulator.report.charts.charts` returned.
    """
    about = {
        "seen": any(name.startswith("seen-") for name in figures),
        "bound": any(method["bound"] for method in summary["methods"]),
        "alarms": any(method.get("drift") for method in summary["methods"]),
        "stage": "Stage one: " if summary["money"] and summary["money"]["alone"] else "",
    }
    return rendered("template.html", {**summary, **about}, figures)


def rendered(template: str, context: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """Return one of our templates filled in, with the figures, our style and the scripts inside.

    Parameters
    ----------
    template : str
        Name of a file beside this one.
    context : mapping
        What the template names.
    figures : mapping
        Plotly figures by name.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415  (only who writes a page waits for it)
    from markupsafe import Markup  # noqa: PLC0415

    scripts = [files("plotly").joinpath("package_data/plotly.min.js").read_text("utf-8"), _own("page.js")]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_own)
    )
    text = environment.get_template(template).render(
        **context,
        figures=figures.keys(),
        data=Markup(in_script(figures)),  # noqa: S704  (escaped by `in_script`)
        style=Markup(_own("style.css")),  # noqa: S704  (our own file)
        scripts=[Markup(script) for script in scripts],  # noqa: S704  (Plotly's file and our own)
        policy=" ".join(f"'{_digest(script)}'" for script in scripts),
    )
    return text.encode("utf-8", "replace").decode("utf-8")  # a half of a surrogate pair in a name


def in_script(data: Any) -> str:
    r"""Return data as JSON that can stand inside a script element.

    Examples
    --------
    >>> in_script({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))  # ASCII, so U+2028 and U+2029 are escaped too
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return text


def _own(name: str) -> str:
    return HERE.joinpath(name).read_text("utf-8")


def _digest(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
