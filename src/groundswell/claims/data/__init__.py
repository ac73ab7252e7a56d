"""Estimators: what records and printed figures say, one subject a module. See `groundswell.claims` for how to write one."""
