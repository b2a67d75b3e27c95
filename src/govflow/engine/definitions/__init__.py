"""The definitions an engine runs: the newest, and those that cases pinned."""
