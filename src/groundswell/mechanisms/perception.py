"""Phase 3: what a person sees of others, summed over the layers of contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from groundswell.core.arithmetic import F32, I32, I64, U8, U32
from groundswell.core.mechanism import Mechanism
from groundswell.core.parameters import parameter
from groundswell.society import (
    ACTIVE,
    ACTIVE_BEFORE,
    CONTACT,
    FRIENDS_ACTIVE,
    HOUSEHOLD,
    NO_WORKPLACE,
    SHARE_ACTIVE,
    SOCIAL,
    TOOK_PART,
    WORK_SHARE,
    WORK_SHARE_MOST,
    WORKPLACE,
)


def of_household(i: int, took_part: Any, household: Any, weight: Any) -> Any:
    """The weighted share of the household mates of a row who took part."""
    size, first = I64(household[i] >> U8(4)), i - I64(household[i] & U8(15))
    if size < 2:
        return I32(0)
    total = I64(0)
    for j in range(first, first + size):
        total += I64(took_part[j])
    return I32(weight * F32(total - I64(took_part[i])) / F32(size - 1))


def highest(values: Any) -> Any:
    """The largest of an array."""
    top = values[0]
    for i in range(values.size):
        top = max(top, values[i])
    return top


@dataclass(frozen=True)
class Perception(Mechanism):
    """The social push: for each layer, its weight times the share of one's contacts there who took part yesterday.

    Friends count as a share of `degree`, at most 1. Where people meet less (`contact` below 1), friends, colleagues and
    neighbours weigh so much less; households and the media do not. Fixed point of 1/65536 logit, so that sums do not depend on their order.
    """

    family: float = parameter(1.0, unit="logit", range=(0, 20), doc="Push if the whole household took part.", source="assumed")
    neighbours: float = parameter(2.0, unit="logit", range=(0, 50), doc="Push if the whole neighbourhood took part.", source="assumed")
    colleagues: float = parameter(
        2.0, unit="logit", range=(0, 50), doc="Push if the whole workplace or campus took part.", source="assumed"
    )
    friends: float = parameter(
        4.0,
        unit="logit",
        range=(0, 50),
        doc="Push if all friends took part: the layer that mattered most in Leipzig 1989.",
        source="assumed; that friends matter most: Opp & Gern 1993",
    )
    online: float = parameter(4.0, unit="logit", range=(0, 500), doc="Push if the whole nation took part, seen online.", source="assumed")
    degree: float = parameter(10.4, unit="ties", range=(1, 1000), doc="Mean number of friends.", source="the circles of core.ties")

    reads = (
        TOOK_PART, HOUSEHOLD, WORKPLACE, FRIENDS_ACTIVE, ACTIVE, WORK_SHARE, WORK_SHARE_MOST, SHARE_ACTIVE, ACTIVE_BEFORE, CONTACT,
    )  # fmt: skip
    adds = (SOCIAL,)

    def bound(
        social_most: Any, active: Any, active_before: Any, share_active: Any, friends_active: Any, work_share_most: Any, starts: Any,
        scale: Any, family: Any, neighbours: Any, colleagues: Any, friends: Any, online: Any, degree: Any, contact: Any,
    ) -> None:  # fmt: skip
        """All layers at their highest in the neighbourhood, or in the province; a day after nobody took part costs nothing."""
        if share_active == F32(0) and active_before == 0:
            return
        one = F32(65536.0)
        tie, all_friends = friends * contact / (degree * F32(scale)) * one, friends * contact * one
        work = I32(colleagues * contact * work_share_most * one)
        for b in range(active.size):
            low, high = starts[b], starts[b + 1]
            if high > low:
                share = F32(active[b]) / F32((high - low) * scale)
                most = I32((neighbours * contact * share + online * share_active) * one)
                if active_before > 0:  # friends, workplaces and neighbourhoods lie within the province
                    most += work + I32(min(tie * F32(highest(friends_active[low:high])), all_friends))
                if active[b] > 0:  # households never cross a neighbourhood; one more for what is lost in rounding
                    most += I32(family * one) + I32(1)
                social_most[b] = most

    def step(
        social: Any, looked: Any, took_part: Any, workplace: Any, friends_active: Any, active: Any, active_before: Any, work_share: Any,
        share_active: Any, starts: Any, scale: Any, household: Any, family: Any, neighbours: Any, colleagues: Any, friends: Any,
        online: Any, degree: Any, contact: Any,
    ) -> None:  # fmt: skip
        """Sum the layers for those who are looked at."""
        if share_active == F32(0) and active_before == 0:
            return
        one, b, ground = F32(65536.0), -1, I32(0)
        friends, colleagues, neighbours = friends * contact, colleagues * contact, neighbours * contact
        tie, all_friends = friends / (degree * F32(scale)) * one, friends * one
        for k in range(looked.size):
            i = looked[k]
            if b < 0 or i >= starts[b + 1]:
                while i >= starts[b + 1]:
                    b += 1
                share = F32(active[b]) / F32((starts[b + 1] - starts[b]) * scale)
                ground = I32((neighbours * share + online * share_active) * one)
            push = ground
            if active_before > 0:
                push += I32(min(tie * F32(friends_active[i]), all_friends))  # with more friends than `degree`: no more than if all did
                if work_share.size > 0:
                    some = workplace[i] != U32(NO_WORKPLACE)  # without a branch: a wrong guess costs more than a look
                    push += I32(F32(some) * colleagues * work_share[I64(workplace[i]) if some else 0] * one)
            if active[b] > 0:
                push += of_household(i, took_part, household, family / F32(scale) * one)
            social[k] = push
