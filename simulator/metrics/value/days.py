"""Clicks counted by day, prediction and value, so that no click is touched again when days are resampled."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.sums import Floats, Floats32, Ints
from simulator.metrics.value import PERCENTS
from simulator.metrics.value.order import STEP, top_size
from simulator.metrics.value.ranking import NDCG_AT, discounts

_SHARES = np.unique(
    np.round([*np.geomspace(1e-4, 1, 64), *np.linspace(0.05, 1, 20), 0.01], 9)
)  # of clicks, from the top
_LEVELS = np.unique(np.geomspace(1e-3, 1, 24))  # of gifts, from the largest
_AT_ONCE = 32  # replicates to a step, so that a step's arrays stay in the processor's cache


class Listed(NamedTuple):
    """Every day's first clicks by something, all days together, in its descending order."""

    day: Ints  # index of the day
    value: Floats


class RankDays(NamedTuple):
    """What is kept of each day to resample ranks; bins of prediction and of value begin with the highest."""

    counts: Floats  # shape (n_days, n_bins, n_levels): clicks; the last level holds those that brought nothing
    money: Floats  # shape (n_days, n_bins): received
    predicted: Floats  # shape (n_days, n_bins)
    first: Listed  # the highest predictions
    best: Listed  # the largest values


class _Bins:
    """Bins of prediction, the highest first: some 80, finer towards the top, and told apart to 1 part in 2000."""

    def __init__(self, ascending: Floats32) -> None:
        n = len(ascending)
        sizes = np.unique(np.maximum(np.ceil(_SHARES * n - 1e-6), 1)).astype(np.int64) if n else np.empty(0, np.int64)
        bounds = np.unique(_keys(ascending[n - sizes]))
        self.count = max(len(bounds), 1)
        starts = np.bincount(bounds, minlength=1 << _KEY_BITS)
        self._of_key = np.maximum(len(bounds) - np.cumsum(starts), 0).astype(np.int16)  # quicker than a search

    def of(self, prediction: Floats32) -> NDArray[np.int64]:
        """Return the bin of each prediction."""
        return self._of_key[_keys(prediction)].astype(np.int64)


_KEY_BITS = 20


def _keys(prediction: Floats32) -> NDArray[np.uint32]:
    """Return the first bits of predictions, in their order."""
    bits = np.ascontiguousarray(prediction).view(np.uint32)
    flip = np.where(bits >> np.uint32(31), np.uint32(0xFFFFFFFF), np.uint32(0x80000000))
    return (bits ^ flip) >> np.uint32(32 - _KEY_BITS)


def rank_days(prediction: Floats32, ascending: Floats32, edges: Sequence[int], row: Ints, value: Floats) -> RankDays:
    """Count clicks by day.

    Parameters
    ----------
    prediction : float32 array of shape (n_clicks,)
        In the order of time.
    ascending : float32 array of shape (n_clicks,)
        The same, sorted.
    edges : sequence of int
        Rows where each day begins, and where the last ends.
    row, value : arrays of shape (n_valued,)
        The clicks whose value is not 0, in the order of time, and their values.
    """
    days, bins = len(edges) - 1, _Bins(ascending)
    gifts = np.sort(value[value > 0])
    levels = np.unique(gifts[len(gifts) - np.ceil(_LEVELS * len(gifts)).astype(np.int64)]) if len(gifts) else gifts
    counts = np.zeros((days, bins.count, len(levels) + 1))
    predicted, money = np.zeros((days, bins.count)), np.zeros((days, bins.count))
    for day in range(days):
        for start in range(edges[day], edges[day + 1], STEP):
            part = prediction[start : min(start + STEP, edges[day + 1])]
            where = bins.of(part)
            counts[day, :, -1] += np.bincount(where, minlength=bins.count)
            predicted[day] += np.bincount(where, part, minlength=bins.count)
    day_of: Ints = np.searchsorted(edges, row, side="right").astype(np.int64) - 1
    where = bins.of(prediction[row])
    level = np.where(value > 0, len(levels) - np.searchsorted(levels, value, side="right"), len(levels))
    np.subtract.at(counts[:, :, -1], (day_of, where), 1.0)
    np.add.at(counts, (day_of, where, level), 1.0)
    np.add.at(money, (day_of, where), value)
    return RankDays(counts, money, predicted, _first(prediction, edges, row, value), _best(day_of, value))


def _first(prediction: Floats32, edges: Sequence[int], row: Ints, value: Floats) -> Listed:
    rows = []
    for start, stop in pairwise(edges):
        part = np.asarray(prediction[start:stop])
        some = np.argpartition(-part, NDCG_AT - 1)[:NDCG_AT] if len(part) > NDCG_AT else np.arange(len(part))
        rows.append(np.sort(some) + start)
    listed = np.concatenate([*rows, np.empty(0, np.int64)]).astype(np.int64)
    listed = listed[np.argsort(-prediction[listed], kind="stable")]
    at = np.minimum(np.searchsorted(row, listed), max(len(row) - 1, 0))
    found = np.where(row[at] == listed, value[at], 0.0) if len(row) else np.zeros(len(listed))
    return Listed(np.searchsorted(edges, listed, side="right") - 1, np.maximum(found, 0.0))


def _best(day: Ints, value: Floats) -> Listed:
    order = np.lexsort((-value, day))
    place = np.arange(len(order)) - np.searchsorted(day[order], day[order])
    kept = order[(place < NDCG_AT) & (value[order] > 0)]
    kept = kept[np.argsort(-value[kept], kind="stable")]
    return Listed(day[kept], value[kept])


def replicated_ranks(days: RankDays, weights: Floats) -> dict[str, Floats]:
    """Return every metric of ranks of the resampled days, shape (replicates,) each, by its name without ending."""
    parts = [_ranks(days, weights[at : at + _AT_ONCE]) for at in range(0, len(weights), _AT_ONCE)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _ranks(days: RankDays, weights: Floats) -> dict[str, Floats]:
    n_days, n_bins, n_levels = days.counts.shape
    # not matrix products: BLAS may add up in another order on another number of threads, and is slower here
    flat = days.counts.reshape(n_days, n_bins * n_levels)
    counts = np.einsum("rd,dk->rk", weights, flat).reshape(-1, n_bins, n_levels)
    money = np.einsum("rd,dp->rp", weights, days.money)
    by_bin, by_level = counts.sum(axis=2), counts.sum(axis=1)
    clicks, total = by_bin.sum(axis=1), money.sum(axis=1)
    found = {"spearman": _spearman(counts, by_bin, by_level, clicks)}
    for percent in PERCENTS:
        size = np.ceil(clicks * percent / 100 - 1e-9)
        top, best = _membership(by_bin, size), _membership(by_level, size)
        common = np.einsum("rp,rp->r", np.einsum("rpv,rv->rp", counts, best), top)
        found[f"top{percent}_overlap"] = _over(common, size)
        found[f"top{percent}_value_share"] = _over(np.einsum("rp,rp->r", money, top), total)
    found[f"ndcg_{NDCG_AT}"] = _over(_gain(days.first, weights), _gain(days.best, weights))
    return found


def captured_replicates(days: RankDays, weights: Floats, shares: Floats) -> Floats:
    """Return the share of money that the top of each size brings on resampled days, shape (replicates, n_shares)."""
    money = np.einsum("rd,dp->rp", weights, days.money)
    by_bin = np.einsum("rd,dp->rp", weights, days.counts.sum(axis=2))
    clicks, total = by_bin.sum(axis=1), money.sum(axis=1)
    tops = [_over(np.einsum("rp,rp->r", money, _membership(by_bin, share * clicks)), total) for share in shares]
    return np.stack(tops, axis=1)


def _membership(sizes: Floats, top: Floats) -> Floats:
    """Return how far each group, the highest first, belongs to the first `top` clicks; shape of `sizes`."""
    above = np.cumsum(sizes, axis=1) - sizes
    return np.clip((top[:, None] - above) / np.maximum(sizes, 1.0), 0.0, 1.0)


def _places(sizes: Floats) -> Floats:
    """Return the mean place of each group less the mean of all, shape of `sizes`."""
    places: Floats = np.cumsum(sizes, axis=1) - (sizes + sizes.sum(axis=1, keepdims=True)) / 2
    return places


def _spearman(counts: Floats, by_bin: Floats, by_level: Floats, clicks: Floats) -> Floats:
    p, v = _places(by_bin), _places(by_level)
    together = np.einsum("rp,rp->r", np.einsum("rpv,rv->rp", counts, v), p)
    spread = np.einsum("rp,rp->r", by_bin, p * p) * np.einsum("rv,rv->r", by_level, v * v)
    found: Floats = np.where(clicks > 0, _over(together, np.sqrt(spread)), np.nan)
    return found


def _gain(listed: Listed, weights: Floats) -> Floats:
    times = weights[:, listed.day]
    reach = np.minimum(np.cumsum(times, axis=1), NDCG_AT)
    sums = discounts(NDCG_AT)[np.concatenate((np.zeros((len(weights), 1)), reach), axis=1).astype(np.int64)]
    gain: Floats = np.einsum("rt,t->r", np.diff(sums, axis=1), listed.value)
    return gain


def _over(part: Floats, whole: Floats) -> Floats:
    some = whole > 0
    shares: Floats = np.where(some, part / np.where(some, whole, 1.0), np.nan)
    return shares


def deciles(days: RankDays) -> NDArray[np.int64]:
    """Return the tenth of the clicks that each bin of prediction belongs to, 0 the highest, shape (n_bins,)."""
    by_bin = days.counts.sum(axis=(0, 2))
    above = np.cumsum(by_bin) - by_bin
    clicks = int(by_bin.sum())
    edges = np.array([top_size(clicks, percent) for percent in range(10, 100, 10)])
    tenth: NDArray[np.int64] = np.searchsorted(edges, above, side="right")
    return tenth


def by_name(found: Mapping[str, Floats], ending: str) -> dict[str, Floats]:
    """Return replicates by the metrics' full names."""
    return {f"{name}{ending}": values for name, values in found.items()}
