"""As-of aggregates: what is known of a click's key at the click, from earlier clicks and from what had arrived."""

from replay.aggregates.base import OF, WHAT, Aggregate, key_columns, needs_feed
from replay.aggregates.derive import derive, with_aggregates
from replay.aggregates.sweep import as_of

__all__ = ["OF", "WHAT", "Aggregate", "as_of", "derive", "key_columns", "needs_feed", "with_aggregates"]
