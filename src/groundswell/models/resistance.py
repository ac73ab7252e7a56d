"""The flagship: a population, the units that organise in it, and the regime that tries to stop them."""

from __future__ import annotations

from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.mechanisms.acting import Acting
from groundswell.mechanisms.calendar import Calendar
from groundswell.mechanisms.census import Census
from groundswell.mechanisms.custody import Custody
from groundswell.mechanisms.detection import Detection
from groundswell.mechanisms.emigration import Emigration
from groundswell.mechanisms.fear import Fear
from groundswell.mechanisms.founding import Founding
from groundswell.mechanisms.frames import Frames
from groundswell.mechanisms.interrogation import Interrogation
from groundswell.mechanisms.loyalty import Loyalty
from groundswell.mechanisms.meeting import Meeting
from groundswell.mechanisms.occasions import Occasions
from groundswell.mechanisms.participation import Participation
from groundswell.mechanisms.perception import Perception
from groundswell.mechanisms.policing import Policing
from groundswell.mechanisms.recruitment import Recruitment
from groundswell.mechanisms.reporting import Reporting
from groundswell.mechanisms.units import Units
from groundswell.mechanisms.witnessing import Witnessing

PHASES: tuple[tuple[str, tuple[type[Mechanism], ...]], ...] = (
    ("calendar", (Calendar, Occasions)),
    ("organisation", (Acting,)),
    ("meeting", (Meeting,)),
    ("perception", (Perception,)),
    ("fear", (Fear,)),
    ("participation", (Participation,)),
    ("response", (Policing, Detection, Interrogation, Emigration)),
    ("witnesses", (Witnessing,)),
    ("loyalty", (Loyalty,)),
    ("detention", (Custody,)),
    ("units", (Founding, Recruitment)),
    ("membership", (Units,)),
    ("frames", (Frames,)),
    ("observation", (Reporting,)),
    ("census", (Census,)),
)


def resistance(*extra: Phase, without: tuple[str, ...] = ()) -> Model:
    """The flagship model: the eleven phases of a day, some of them in two steps.

    Args:
        extra: further phases, put before the census.
        without: keys of mechanisms to leave out ("emigration").
    """
    phases = [Phase(name, *(kind() for kind in kinds if kind().key not in without)) for name, kinds in PHASES]
    schedule = tuple(phase for phase in (*phases[:-1], *extra, phases[-1]) if phase.mechanisms)
    return Model("resistance", schedule, "Contention between a population, small autonomous units in it, and a regime, day by day.")
