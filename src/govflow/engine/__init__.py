"""Running cases: commands in, events out, one transaction each."""
