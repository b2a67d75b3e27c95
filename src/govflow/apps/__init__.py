"""Uses of the library that ship with it: scenarios, first files, the demo."""
