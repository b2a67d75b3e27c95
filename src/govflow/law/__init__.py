"""Legal time: the official calendar, limits and clocks, the periods of a procedure; nothing of ours above it."""
