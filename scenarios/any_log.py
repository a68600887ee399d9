"""Every kind of [log], told apart by its `kind`."""

from typing import Annotated

from pydantic import Field

from scenarios.livestream import KuaiLiveLog, LivestreamLog
from scenarios.logs import CompleteJourneyLog, CriteoLog, SyntheticLog, TableLog

Log = Annotated[
    SyntheticLog | LivestreamLog | TableLog | CriteoLog | KuaiLiveLog | CompleteJourneyLog,
    Field(discriminator="kind"),
]
