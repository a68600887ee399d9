"""Readers: one per kind of log, each turning what lies on disk or in memory into raw clicks and outcomes."""

from collections.abc import Mapping

from replay.readers.completejourney import CompleteJourneyReader
from replay.readers.criteo import CriteoReader
from replay.readers.kuailive import KuaiLiveReader
from replay.readers.table import OutcomeColumns, TableReader

READERS: Mapping[str, type] = {
    "table": TableReader,
    "criteo": CriteoReader,
    "kuailive": KuaiLiveReader,
    "completejourney": CompleteJourneyReader,
}

__all__ = ["READERS", "CompleteJourneyReader", "CriteoReader", "KuaiLiveReader", "OutcomeColumns", "TableReader"]
