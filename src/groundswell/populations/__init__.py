"""Synthetic people from census tables: who lives where, with whom, and what they do by day."""
