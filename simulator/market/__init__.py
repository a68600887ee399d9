"""A market in which bids steer cost per value to a target, and see conversions only when they arrive."""
