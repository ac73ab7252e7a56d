"""The flagship: a population, the units that organise in it, and the regime that tries to stop them."""

from __future__ import annotations

from groundswell.core.errors import ModelError
from groundswell.core.mechanism import Mechanism, Model, Phase, key_of
from groundswell.mechanisms.acting import Acting
from groundswell.mechanisms.attention import Attention
from groundswell.mechanisms.brokerage import Brokerage
from groundswell.mechanisms.calendar import Calendar
from groundswell.mechanisms.calling import Calling
from groundswell.mechanisms.census import Census
from groundswell.mechanisms.chronicle import Chronicle
from groundswell.mechanisms.custody import Custody
from groundswell.mechanisms.detection import Detection
from groundswell.mechanisms.emigration import Emigration
from groundswell.mechanisms.ending import Ending
from groundswell.mechanisms.fear import Fear
from groundswell.mechanisms.frames import Frames
from groundswell.mechanisms.gathering import Gathering
from groundswell.mechanisms.interrogation import Interrogation
from groundswell.mechanisms.livelihoods import Livelihoods
from groundswell.mechanisms.loyalty import Loyalty
from groundswell.mechanisms.meeting import Meeting
from groundswell.mechanisms.mourning import Mourning
from groundswell.mechanisms.occasions import Occasions
from groundswell.mechanisms.organisations import FirstOrganisation, SecondOrganisation, ThirdOrganisation
from groundswell.mechanisms.participation import Participation
from groundswell.mechanisms.perception import Perception
from groundswell.mechanisms.policing import Policing
from groundswell.mechanisms.rallies import Rallies
from groundswell.mechanisms.recruitment import Recruitment
from groundswell.mechanisms.reporting import Channel, Monitor, StateMedia
from groundswell.mechanisms.units import Units
from groundswell.mechanisms.voting import Voting
from groundswell.mechanisms.witnessing import Witnessing

PHASES: tuple[tuple[str, tuple[type[Mechanism], ...]], ...] = (
    ("calendar", (Calendar,)),
    ("drivers", (Occasions, Mourning, Voting)),
    ("organisations", (FirstOrganisation, SecondOrganisation, ThirdOrganisation)),
    ("calls", (Calling,)),
    ("organisation", (Acting,)),
    ("meeting", (Meeting,)),
    ("perception", (Perception,)),
    ("fear", (Fear,)),
    ("participation", (Participation,)),
    ("gatherings", (Livelihoods, Rallies)),
    ("gathering", (Gathering,)),
    ("response", (Policing, Detection, Interrogation, Emigration)),
    ("witnesses", (Witnessing, Attention)),
    ("loyalty", (Loyalty,)),
    ("detention", (Custody,)),
    ("units", (Recruitment,)),
    ("membership", (Units,)),
    ("brokerage", (Brokerage,)),
    ("frames", (Frames,)),
    ("chronicle", (Chronicle,)),
    ("observation", (Monitor, StateMedia, Channel)),
    ("census", (Census,)),
    ("ending", (Ending,)),
)


def resistance(*extra: Phase, before: str = "census", without: tuple[str, ...] = ()) -> Model:
    """The flagship model: the phases of a day.

    Args:
        extra: further phases.
        before: the phase before which they stand.
        without: keys of mechanisms to leave out ("emigration").

    Raises:
        ModelError: no such phase, no such mechanism, or a schedule that contradicts itself.
    """
    names = [name for name, _ in PHASES]
    keys = [key_of(kind) for _, kinds in PHASES for kind in kinds]
    for name, known in ((before, names), *((key, keys) for key in without)):
        if name not in known:
            raise ModelError(f"the flagship has no {name!r}; it has {', '.join(known)}")
    phases = [Phase(name, *(kind() for kind in kinds if key_of(kind) not in without)) for name, kinds in PHASES]
    at = names.index(before)
    schedule = tuple(phase for phase in (*phases[:at], *extra, *phases[at:]) if phase.mechanisms)
    return Model("resistance", schedule, "Contention between a population, small autonomous units in it, and a regime, day by day.")
