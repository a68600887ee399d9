"""Methods said to be exact fit what true labels fit, though the model cannot represent the truth; the others do not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from targets import CONVERSION

from simulator import misspecified
from simulator.methods import METHODS, Timing
from simulator.methods.plugins import origin
from simulator.population import settle

PAGE = Path(__file__).parent.parent / "docs" / "misspecified.md"
POOR, RICH = misspecified.world(), misspecified.world(rich=True)
RATE = POOR.outcomes()[:, :-1].sum(axis=1)
WINDOW = POOR.ages.index(misspecified.WINDOW) + 1
DELAYED = POOR.outcomes()[:, WINDOW:-1].sum(axis=1)
EVERYWHERE_RIGHT = [*misspecified.EXACT, "fnw", "fnw_rn", "fnw_wait", "fnc", "fnc_rn", "fnc_wait", "prior_correction"]
EVERYWHERE_RIGHT += ["es_dfm", "defuse", "defer", "ddfm", "bi_defuse"]


def reference(counts):
    """Return scikit-learn's fit where each kind of click counts so much."""
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12, max_iter=10_000)
    label = np.repeat([1, 0], len(RATE))
    weight = np.concatenate([counts * RATE, counts * (1 - RATE)])
    model.fit(np.tile(POOR.design, (2, 1)), label, sample_weight=weight)
    return model.predict_proba(POOR.design)[:, 1]


def built(name, population=POOR):
    return misspecified._built(name, population)


def test_every_method_has_its_place():
    ours = {name for name in CONVERSION if origin(METHODS[name]) is None}
    assert ours == {*misspecified.EXACT, *misspecified.INEXACT, *misspecified.OTHER_MODELS}


def test_the_oracle_fits_what_logistic_regression_fits_and_not_the_truth():
    oracle = settle(built("oracle"), POOR)
    np.testing.assert_allclose(oracle, reference(POOR.share), atol=1e-6)
    assert np.abs(oracle - RATE).min() > 0.04


@pytest.mark.parametrize("name", misspecified.EXACT)
def test_exact_methods_fit_what_the_oracle_fits(name):
    one = misspecified.gap(name)
    assert one.poor < 1e-6
    assert one.rich < 1e-6
    assert one.calibration == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", misspecified.INEXACT)
def test_others_do_not(name):
    assert misspecified.gap(name).poor > 5e-4


@pytest.mark.parametrize("name", EVERYWHERE_RIGHT)
def test_with_a_rich_model_they_all_converge_to_the_truth(name):
    assert misspecified.gap(name).rich < 1e-6


@pytest.mark.parametrize("name", ["es_dfm", "defuse"])
def test_the_factor_counts_a_click_once_and_once_more_for_a_late_conversion(name):
    np.testing.assert_allclose(settle(built(name), POOR), reference(POOR.share * (1 + DELAYED)), atol=1e-6)


def test_what_no_model_can_tell_apart_needs_no_care():
    """Where all kinds convert equally late, 1 + D still counts clicks apart, by their rates."""
    same = replace(POOR, kinds=tuple(replace(kind, delays=POOR.kinds[0].delays) for kind in POOR.kinds))
    oracle, es_dfm = (settle(built(name, same), same) for name in ("oracle", "es_dfm"))
    assert 1e-3 < np.abs(es_dfm - oracle).max() < misspecified.gap("es_dfm").poor


def test_models_with_arms_are_refused():
    method = replace(METHODS["oracle"](Timing(POOR.attribution_window, POOR.attribution_window)), arms=2)
    with pytest.raises(ValueError, match="arms"):
        settle(method, POOR)


def test_the_page_has_the_numbers_of_today():
    assert misspecified.table() in PAGE.read_text()
