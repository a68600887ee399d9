"""Names of the auxiliary predictions that corrections ask for, whatever model of the method makes them.

All are of a click x and a waiting window w: p(x) is P(converts inside the attribution window), d the delay.
"""

DELAYED = "delayed"  # D = P(converts, and after w); joint
REAL_NEGATIVE = "real_negative"  # rn = P(never converts | has not converted by w) = (1 - p) / (1 - p + D)
LATE = "late"  # S = P(d > w | converts) = D / p
LATE_REFUND = (
    "late_refund"  # P(r > w | converts and is refunded), r from conversion to refund and w a window of its own
)
