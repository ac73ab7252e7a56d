"""The streams of randomness of this package: 5100 to 5199. The numbers are part of every address and never change."""

from __future__ import annotations

from groundswell.core.draws import Stream

PRIOR = Stream("prior_draw", 5100, "where in its prior a parameter lies, by the draw's index and a hash of the parameter's key")
CHOSEN = Stream("posterior_draw", 5101, "which weighted draws of a posterior are given to whoever asks for some, by their number")
