"""The engine: columns, ties, draws, parameters, mechanisms, schedules, runs. No politics in it."""
