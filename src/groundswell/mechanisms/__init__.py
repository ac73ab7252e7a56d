"""Causal pathways, one a file; none imports another."""
