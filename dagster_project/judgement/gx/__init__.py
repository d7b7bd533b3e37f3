"""Great Expectations: suites, checkpoint and Data Docs of the rule catalogue."""
