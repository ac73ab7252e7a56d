"""Records of events: ACLED's columns, weekly counts and their moments."""
