"""The streams of randomness of this package: 5000 to 5099. The numbers are part of every address and never change."""

from __future__ import annotations

from groundswell.core.draws import Stream

POINT = Stream("design_point", 5000, "where a random point of a design lies, by its index and its axis's name")
SHIFT = Stream("design_shift", 5001, "by what a Sobol sequence is shifted, by axis's name")
STRATUM = Stream("design_stratum", 5002, "the order of a Latin hypercube's strata, by index, axis's name and block")
WITHIN = Stream("design_within", 5003, "where within its stratum a point lies, by index and axis's name")
SEED = Stream("task_seed", 5004, "the seed of a task, by its index")
START = Stream("trajectory_start", 5005, "where a Morris trajectory begins, by its index and the axis's name")
WAY = Stream("trajectory_way", 5006, "whether a Morris trajectory moves up or down, by its index and the axis's name")
TURN = Stream("trajectory_turn", 5007, "when a Morris trajectory moves along an axis, by its index and the axis's name")
RESAMPLE = Stream("resample", 5008, "which base points or trajectories a bootstrap takes, by place and by its number")
