"""The real log that anybody can have, as its description says it is."""

import numpy as np

from replay.readers import CompleteJourneyReader
from replay.readers.completejourney import CATEGORICAL, NUMERIC, repurchases


def test_the_log_is_what_its_description_says():
    log = repurchases()
    assert len(log) == 1_073_874
    assert log["conversion_time"].notna().sum() == 849_578
    assert log["click_time"].is_monotonic_increasing
    assert set(CATEGORICAL) | set(NUMERIC) | {"click_time", "conversion_time", "amount"} == set(log.columns)
    some = log[(log["household_id"] == 900) & (log["product_category"] == "ROLLS")]
    assert some["prior_buys"].tolist() == list(range(len(some)))
    np.testing.assert_array_equal(some["conversion_time"][:-1], some["click_time"][1:])
    np.testing.assert_array_equal(some["amount"][:-1], some["spend"][1:])


def test_it_reads_as_any_log_does():
    reader = CompleteJourneyReader(segments=("department",))
    clicks = next(reader.clicks())
    assert clicks.features.column_names[: len(CATEGORICAL)] == list(CATEGORICAL)
    assert len(clicks.outcome_row) > 0
    assert not list(reader.outcomes())
    assert CompleteJourneyReader(segments=("department",)).fingerprint() == reader.fingerprint()
    assert CompleteJourneyReader().fingerprint() != reader.fingerprint()
