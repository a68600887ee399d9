"""Who learns: learners, corrections, adapters."""
