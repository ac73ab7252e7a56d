"""The columns, tables and draws of the flagship: what a person, a place, a unit and a day carry.

23 bytes a row of people: 11 of them fixed, 12 changing.
"""

from __future__ import annotations

import numpy as np

from groundswell.core.columns import (
    CITY,
    NATION,
    NEIGHBOURHOOD,
    PERSON,
    PROVINCE,
    Column,
    Field,
    Journal,
    Quantity,
    Queue,
    TableType,
    group,
)
from groundswell.core.draws import Stream

WORKPLACES = group("workplace")
NO_WORKPLACE = 0xFFFFFFFF
FIXED_POINT = 65536.0
LEAST_GATHERING = 3
LEAST_UNIT = 3

# --- people: fixed -----------------------------------------------------------------------------------------------
AGE = Column("age", np.uint8, PERSON, "years", "age in completed years; 100 stands for 100 and over", static=True)
PROFILE = Column("profile", np.uint8, PERSON, "bits", "sex (bit 0, 1: female), occupation (bits 1-4), kin (bits 5-7)", static=True)
HOUSEHOLD = Column("household", np.uint8, PERSON, "bits", "index in the household (bits 0-3) and its size (bits 4-7)", static=True)
WORKPLACE = Column("workplace", np.uint32, PERSON, "index", "workplace or campus within the province; 2**32 - 1: none", static=True)
HARDSHIP = Column("hardship", np.uint16, PERSON, "1/65536", "felt hardship H, as (x + 1/2) / 65536", static=True)
RISK_AVERSION = Column("risk_aversion", np.uint16, PERSON, "1/65536", "aversion to risk R, as (x + 1/2) / 65536", static=True)

# --- people: changing --------------------------------------------------------------------------------------------
FEAR = Column("fear", np.float32, PERSON, "1", "fear when last written down; today's is fear_kept x this + fear_added of the neighbourhood")
TOOK_PART = Column("took_part", np.uint16, PERSON, "persons", "how many of the row's persons took part in a gathering today")
AWAY = Column("away", np.uint16, PERSON, "persons", "how many of the row's persons are detained, dead or abroad")
SUFFERED = Column("suffered", np.uint8, PERSON, "persons", "how many of the row's persons were taken today or live with one who was")
FRIENDS_ACTIVE = Column("friends_active", np.uint16, PERSON, "ties", "ties of the row's persons to friends who took part yesterday")
FRAME = Column("frame", np.uint8, PERSON, "index", "the frame (slogan) held; 0: none")

# --- neighbourhoods and workplaces -------------------------------------------------------------------------------
ACTIVE = Column("active", np.int64, NEIGHBOURHOOD, "persons", "persons who took part today")
FEAR_SUM = Column("fear_sum", np.int64, NEIGHBOURHOOD, "1/65536", "sum of today's fear over rows")
FEAR_KEPT = Column("fear_kept", np.float64, NEIGHBOURHOOD, "1", "share that is left of the fear last written down", initial=1.0)
FEAR_ADDED = Column("fear_added", np.float64, NEIGHBOURHOOD, "1", "what was added to everyone's since")
FEAR_WRITTEN = Column("fear_written", np.float64, NEIGHBOURHOOD, "1", "sum over rows of the fear last written down")
SEEN_DEFIANCE = Column(
    "seen_defiance", np.float32, NEIGHBOURHOOD, "per 1000", "visible acts yesterday that went unpunished, per 1000 residents"
)
SEEN_REPRESSION = Column(
    "seen_repression", np.float32, NEIGHBOURHOOD, "per 1000", "arrests and weighted deaths yesterday, per 1000 residents"
)
FRAME_COUNTS = tuple(Column(f"holders_{k}", np.int64, NEIGHBOURHOOD, "rows", f"rows that hold frame {k}") for k in range(4))
WORK_SIZE = Column("work_size", np.int32, WORKPLACES, "rows", "rows that belong to a workplace")
SEEN_FRAMES = tuple(
    Column(f"seen_frame_{k}", np.float32, NEIGHBOURHOOD, "per 1000", f"visible acts yesterday that carried frame {k}, per 1000 residents")
    for k in (1, 2, 3)
)
HURT = Column("hurt", np.int32, NEIGHBOURHOOD, "rows", "rows with someone who was taken today or lives with one who was")
WORK_SHARE = Column("work_share", np.float32, WORKPLACES, "1", "share of a workplace's persons who took part yesterday")

# --- cities, provinces, the nation -------------------------------------------------------------------------------
PERCEIVED_RISK = Column("perceived_risk", np.float32, CITY, "1", "perceived probability of arrest, from the last round's turnout")
FORCES = Column("forces", np.float32, PROVINCE, "persons", "security forces that stand in the province and obey", recorded=True)
LEGITIMACY = Column("legitimacy", np.float32, PROVINCE, "1", "perceived legitimacy L of the regime, 0 to 1", recorded=True)
STRENGTH = Column("strength", np.float32, PROVINCE, "1", "perceived strength of the regime; 1: as usual", initial=1.0, recorded=True)
BLACKOUT = Column("blackout", np.float32, PROVINCE, "1", "share of online contact that is cut", recorded=True)
ALTERNATIVE = Column("alternative", np.float32, PROVINCE, "logit", "push from a political alternative seen as available", recorded=True)
ECONOMY = Column("economy", np.float32, PROVINCE, "1", "factor on occasions that hardship drives; 1: as usual", initial=1.0, recorded=True)
CONTACT = Column("contact", np.float32, PROVINCE, "1", "factor on meeting others in person; 1: as usual", initial=1.0, recorded=True)
DEPLOYED = Column("deployed", np.float32, PROVINCE, "persons", "security forces that a policy puts into the province, obeying or not")
LOYALTY = Column("loyalty", np.float32, PROVINCE, "1", "loyalty of the province's forces, 0 to 1", initial=1.0, recorded=True)
DEFECTED = Column("defected", np.uint8, PROVINCE, "1", "1: the province's forces refuse orders", recorded=True)
LEADING_FRAME = Column("leading_frame", np.uint8, PROVINCE, "index", "the frame most held in the province, 0: none is held", recorded=True)
ACTIVE_BEFORE = Column("active_before", np.int64, PROVINCE, "persons", "persons of the province who took part yesterday")
WORK_SHARE_MOST = Column(
    "work_share_most", np.float32, PROVINCE, "1", "largest share of a workplace of the province that took part yesterday"
)
SHARE_ACTIVE = Column(
    "share_active", np.float32, PROVINCE, "1", "share of the nation that took part yesterday, as far as media show it here"
)

CAPACITY = Column("capacity", np.float32, NATION, "1", "share of the nation's forces that obey", initial=1.0, recorded=True)
WEAK_DAYS = Column("weak_days", np.int32, NATION, "days", "days in a row on which the capacity was below the share that holds the regime")
FALLEN = Column("fallen", np.uint8, NATION, "1", "1: the regime has fallen", recorded=True)
SILENT_DAYS = Column("silent_days", np.int32, NATION, "days", "days in a row without a live unit; -1: there never was one", initial=-1)
MOVEMENT_OVER = Column("movement_over", np.uint8, NATION, "1", "1: the movement has ended", recorded=True)
ATTENTION = Column("attention", np.float32, NATION, "1", "international attention, 0 to 1", recorded=True)

# --- recorded totals ---------------------------------------------------------------------------------------------
TURNOUT = Column("turnout", np.int64, PROVINCE, "persons", "persons who took part today", recorded=True)
GATHERED = Column("gathered", np.int64, PROVINCE, "events", "anti-regime gatherings today, of at least three who took part", recorded=True)
GATHERED_LIVELIHOOD = Column("gathered_livelihood", np.int64, PROVINCE, "events", "livelihood gatherings today", recorded=True)
GATHERED_PRO_STATE = Column("gathered_pro_state", np.int64, PROVINCE, "events", "pro-state gatherings today", recorded=True)
ATTENDED_LIVELIHOOD = Column("attended_livelihood", np.int64, PROVINCE, "persons", "persons at livelihood gatherings today", recorded=True)
ATTENDED_PRO_STATE = Column("attended_pro_state", np.int64, PROVINCE, "persons", "persons at pro-state gatherings today", recorded=True)
KILLED = Column("killed", np.int64, PROVINCE, "persons", "persons killed at gatherings today", recorded=True)
LIVELIHOOD_CALL = Column(
    "livelihood_call", np.float32, PROVINCE, "1", "by how much national calls multiply new disputes, beyond 1", recorded=True
)
ACTED = Column("acted", np.int64, PROVINCE, "events", "acts of units today", recorded=True)
UNITS_LIVE = Column("units_live", np.int64, PROVINCE, "units", "units with at least three free members", recorded=True)
UNITS_ASLEEP = Column("units_asleep", np.int64, PROVINCE, "units", "units with fewer than three free members", recorded=True)
MEMBERS_NOW = Column("members_now", np.int64, PROVINCE, "persons", "free members of units", recorded=True)
UNITS_FOUNDED = Column("units_founded", np.int64, PROVINCE, "units", "units founded today", recorded=True)
UNITS_SPLIT = Column("units_split", np.int64, PROVINCE, "units", "units that came from the splitting of another today", recorded=True)
UNITS_DISSOLVED = Column("units_dissolved", np.int64, PROVINCE, "units", "units that broke up today or had slept too long", recorded=True)
UNITS_MERGED = Column("units_merged", np.int64, PROVINCE, "units", "sleeping units that went over to a live one today", recorded=True)
FORMER_MEMBERS = Column("former_members", np.int64, NATION, "persons", "free members who were once detained", recorded=True)
CALLED_UNITS = Column("called_units", np.int64, NATION, "units", "live units that heard a call today", recorded=True)
BROKERED = Column("brokered", np.int64, NATION, "ties", "friendships between organisations' members, when last counted", recorded=True)
UNITED = Column("united", np.float64, NATION, "1", "share of live units that belong to the largest organisation", recorded=True)
UNITS_OF = tuple(Column(f"units_{k}", np.int64, NATION, "units", f"live units of organisation {k}", recorded=True) for k in (1, 2, 3))
PUSHED_FRAMES = tuple(Column(f"pushed_{k}", np.uint8, PROVINCE, "index", f"the frame that organisation {k} pushes") for k in (1, 2, 3))
VOTED = Column("voted", np.int64, PROVINCE, "persons", "persons who voted today", recorded=True)
ELIGIBLE = Column("eligible", np.int64, PROVINCE, "persons", "free persons of voting age; 0 where no vote is held today", recorded=True)
ARRESTS = Column("arrests", np.int64, PROVINCE, "persons", "persons arrested today", recorded=True)
ROLLED_UP = Column("rolled_up", np.int64, PROVINCE, "persons", "persons arrested today because a captive named them", recorded=True)
EXECUTIONS = Column("executions", np.int64, PROVINCE, "persons", "detained persons executed today", recorded=True)
DETAINED_NOW = Column("detained_now", np.int64, PROVINCE, "persons", "persons in detention", recorded=True)
DEAD_NOW = Column("dead_now", np.int64, PROVINCE, "persons", "persons killed or executed since the start", recorded=True)
ABROAD_NOW = Column("abroad_now", np.int64, PROVINCE, "persons", "persons abroad", recorded=True)
FREE_NOW = Column("free_now", np.int64, PROVINCE, "persons", "persons neither detained, dead nor abroad", recorded=True)
FEAR_MEAN = Column("fear_mean", np.float64, PROVINCE, "1", "mean fear", recorded=True)
FRAME_SHARES = tuple(Column(f"frame_{k}", np.float64, PROVINCE, "1", f"share that holds frame {k}", recorded=True) for k in range(4))

# On a real case these are shown for the nation only: no file says where units are, not even synthetic ones. Who is taken is among them,
# for what gatherings do not account for befell members.
COVERT = (
    "acted", "members_now", "rolled_up", "units_asleep", "units_dissolved", "units_founded", "units_live", "units_merged", "units_split",
    "abroad_now", "arrests", "dead_now", "detained_now", "executions", "free_now",
)  # fmt: skip

# --- quantities of a day -----------------------------------------------------------------------------------------
SOCIAL = Quantity("social", PERSON, "1/65536 logit", "push from contacts who took part yesterday, in fixed point", dtype=np.int32)
PUSH = Quantity("push", CITY, "logit", "push to take part from focal dates, occasions, the alternative, visible acts")

# --- sparse tables and queues ------------------------------------------------------------------------------------
PERSON_KEY = Field("person", np.int64, "address", "code of the province << 32 | index within it")
UNIT_KEY = Field("unit", np.int64, "address", "natural key of a unit: its founder's address << 16 | day founded")

MEMBERS = TableType(
    "members",
    ("person",),
    (
        PERSON_KEY,
        UNIT_KEY,
        Field("joined", np.int32, "day"),
        Field("informer", np.uint8, "1", "1: informs"),
        Field("former", np.uint8, "1", "1: was detained before joining"),
    ),
    "free members of units, one row a real person at any scale",
)
UNITS = TableType(
    "units",
    ("unit",),
    (
        UNIT_KEY,
        Field("row", np.int64, "row", "the founder's row: where the unit lives", slot=True),
        Field("small_since", np.int32, "day", "0: not below three"),
        Field("organisation", np.uint8, "number", "of the organisation to which it belongs, 1 to 3"),
    ),
    "units, one row each",
)
ORGANISATIONS = TableType(
    "organisations",
    ("organisation",),
    (
        Field("organisation", np.uint8, "number", "of the organisation that has merged into another"),
        Field("into", np.uint8, "number", "of that other, which may have merged in turn"),
        Field("since", np.int32, "day"),
    ),
    "organisations that have merged into others",
)
BRIDGES = TableType(
    "bridges",
    ("unit", "other"),
    (UNIT_KEY, Field("other", np.int64, "address", "key of the other unit"), Field("ties", np.int64, "ties")),
    "friendships between members of two units, each pair in both orders, as last counted",
)
CALLED = TableType("called", ("unit",), (UNIT_KEY, Field("strength", np.float32, "1", "of the call")), "live units that heard a call today")
CUSTODY = TableType(
    "custody",
    ("person",),
    (
        PERSON_KEY,
        Field("status", np.uint8, "code", "0 free again, 1 detained, 2 dead, 3 abroad"),
        Field("since", np.int32, "day"),
        Field("until", np.int32, "day", "day of release or return; 0: none"),
        Field("times", np.uint16, "times", "detentions so far"),
    ),
    "everyone who was ever detained, killed or abroad, one row a real person",
)
ACTS = TableType(
    "acts_today",
    ("unit", "number"),
    (
        UNIT_KEY,
        Field("number", np.int32),
        Field("tactic", np.uint8, "code", "position in TACTICS"),
        Field("night", np.uint8),
        Field("seen", np.uint8, "1", "1: detected"),
        Field("frame", np.uint8, "index", "the frame that the act carries"),
    ),
    "today's acts of units",
)
GATHERINGS = TableType(
    "gatherings_today",
    ("city", "stream", "number"),
    (
        Field("city", np.int64, "address", "code of the province << 32 | key of the city"),
        Field("stream", np.uint8, "code", "position in STREAMS"),
        Field("number", np.int32, "number", "of the gathering among those of its stream in the city, from 0"),
        Field("at", np.int64, "position", "the city's position", slot=True),
        Field("size", np.int64, "persons"),
        Field("violent", np.uint8, "1", "1: demonstrators use violence"),
        Field("response", np.uint8, "code", "position in RESPONSES"),
        Field("arrests", np.int64, "persons"),
        Field("deaths", np.int64, "persons"),
    ),
    "today's gatherings and how the forces answered",
)
DISPUTES = TableType(
    "disputes",
    ("city", "began", "number"),
    (
        Field("city", np.int64, "address", "code of the province << 32 | key of the city"),
        Field("began", np.int32, "day"),
        Field("number", np.int32, "number", "of the dispute among those of its city and first day"),
        Field("size", np.int64, "persons"),
    ),
    "disputes over wages, pensions, prices or water that go on: each gathers today",
)
HAPPENINGS = TableType(
    "happenings_today",
    ("who", "lane"),
    (
        Field("who", np.int64, "address", "the city of a gathering, or the founder of the unit that acted"),
        Field("lane", np.int64, "key", "what tells an event from others of the same address"),
        Field("city", np.int64, "address", "where it happened: code of the province << 32 | key of the city"),
        Field("kind", np.uint8, "code", "0 gathering, 1 act"),
        Field("stream", np.uint8, "code", "position in STREAMS"),
        Field("tactic", np.uint8, "code", "of an act"),
        Field("sub_event", np.uint8, "code", "as ACLED would code it: events.acled.SUB_EVENTS"),
        Field("size", np.int64, "persons"),
        Field("arrests", np.int64, "persons"),
        Field("deaths", np.int64, "persons"),
    ),
    "today's gatherings and acts, as sources could see them",
)
ASSEMBLING = Queue(
    "assembling",
    "group",
    (
        Field("group", np.int64, "key", "address of the city << 16 | stream << 14 | a number below 2**14"),
        Field("size", np.int64, "persons", "who assemble as one; they are counted, not tracked"),
    ),
    "who assembles today, in the streams whose participants are counted only",
)
TAKEN = Queue(
    "taken",
    "person",
    (PERSON_KEY, Field("fate", np.uint8, "code", "1 detained, 2 dead, 3 abroad"), Field("named", np.uint8, "1", "1: named by a captive")),
    "who is taken today; killed before arrested before abroad",
)
JOINING = Queue(
    "joining",
    "person",
    (PERSON_KEY, UNIT_KEY, Field("organisation", np.uint8, "number", "of the organisation that founds the unit; 0: it exists")),
    "who joins which unit today",
)
CALLS = Queue(
    "calls",
    "call",
    (
        Field("call", np.int64, "key", "number of the organisation << 32 | code of the province"),
        Field("strength", np.float64, "1", "by how much it raises the rate of acts of those who hear it"),
        Field("reach", np.float64, "1", "chance that a unit hears it"),
        Field("online", np.float64, "1", "share of that chance that needs the internet"),
    ),
    "today's calls of organisations, by province",
)
MERGERS = Queue(
    "mergers",
    "organisation",
    (Field("organisation", np.uint8, "number"), Field("into", np.uint8, "number")),
    "which organisation has joined which by a dated change",
)

FREE, DETAINED, DEAD, ABROAD = 0, 1, 2, 3
IGNORED, DISPERSED, ARRESTED, SHOT = 0, 1, 2, 3
RESPONSES = ("ignored", "dispersed", "arrested", "shot")
ANTI_REGIME, LIVELIHOOD, PRO_STATE = 0, 1, 2
STREAMS = ("anti-regime", "livelihood", "pro-state")
SOURCES = ("monitor", "state_media", "channel")  # whose reports the record holds, by number
SOURCE_NAMES = ("independent monitor", "state media", "the movement's channel")  # where a case does not name them
TACTICS = ("display", "leaflets", "writing", "video", "damage")

# --- journals ----------------------------------------------------------------------------------------------------
HAPPENED = Journal(
    "events",
    (
        Field("day", np.int32, "day"),
        Field("kind", np.uint8, "code", "0 gathering, 1 act"),
        Field("stream", np.uint8, "code", "position in STREAMS"),
        Field("province", np.int64, "code"),
        Field("city", np.int64, "key"),
        Field("number", np.int32, "number", "of the gathering among those of its stream in the city, from 0"),
        Field("size", np.int64, "persons"),
        Field("tactic", np.uint8, "code", "of an act"),
        Field("violent", np.uint8, "1", "1: demonstrators use violence"),
        Field("response", np.uint8, "code"),
        Field("arrests", np.int64, "persons"),
        Field("deaths", np.int64, "persons"),
    ),
    "what truly happened",
)
RECORD = Journal(
    "record",
    (
        Field("source", np.uint8, "code", "position in SOURCES"),
        Field("reported_day", np.int32, "day"),
        Field("event_day", np.int32, "day", "as reported"),
        Field("province", np.int64, "code"),
        Field("city", np.int64, "key"),
        Field("stream", np.uint8, "code", "position in STREAMS; latent: never exported"),
        Field("kind", np.uint8, "code", "0 gathering, 1 act"),
        Field("tactic", np.uint8, "code", "of an act"),
        Field("sub_event", np.uint8, "code"),
        Field("size_reported", np.int64, "persons", "0: unknown"),
        Field("fatalities_reported", np.int64, "persons"),
        Field("arrests_reported", np.int64, "persons"),
        Field("invented", np.uint8, "1", "1: nothing happened; never exported to a record"),
    ),
    "what each source reported",
)

# --- streams of randomness: numbers never change -----------------------------------------------------------------
TAKE_PART = Stream("take_part_draw", 1, "whether a person takes part today")
TAKE_PART_FINE = Stream("take_part_fine", 2, "further bits of the same")
IMITATE = Stream("imitate_draw", 3, "who of a neighbourhood takes over a frame today")
IMITATE_WHOM = Stream("imitate_whom", 4, "which contact")
OCCASION = Stream("occasion", 10, "whether a city has an occasion today")
OCCASION_SIZE = Stream("occasion_size", 11, "how strong it is")
ACT_COUNT = Stream("act_count", 20, "acts of a unit today")
ACT_TACTIC = Stream("act_tactic", 21, "the tactic of an act")
ACT_NIGHT = Stream("act_night", 22, "whether an act happens at night")
RESPONSE = Stream("response", 30, "how the forces mean to answer a gathering")
REACHED = Stream("reached", 31, "which gathering the forces reach first")
ARREST = Stream("arrest", 32, "whether a participant is arrested")
WHO = Stream("who", 33, "which of a row's persons it is")
DETECT = Stream("detect", 34, "whether an act is detected")
CAUGHT = Stream("caught", 35, "whether a member who was present is caught")
NAMED = Stream("named", 36, "whether a captive gives a person away")
TERM = Stream("term", 40, "the term of a detention")
EXECUTED = Stream("executed", 41, "whether a detained person is executed today")
EMIGRATE = Stream("emigrate", 42, "how many of a province leave today")
FOUND = Stream("found", 50, "how many units are founded in a province today")
FOUNDER = Stream("founder", 51, "who founds it")
APPROACH = Stream("approach", 52, "whether a member approaches a contact today")
APPROACHED = Stream("approached", 53, "which contact")
JOIN = Stream("join", 54, "whether the contact joins")
SPLIT = Stream("split", 55, "whether a unit splits")
SIDE = Stream("side", 56, "who goes with the new unit")
LOSE = Stream("lose", 57, "whether a unit is lost")
MULTIPLY = Stream("multiply", 58, "whether a unit helps to found another")
INFORM = Stream("inform", 59, "whether a recruit informs")
HEAR = Stream("hear", 60, "whether a unit hears a call")
RELAY = Stream("relay", 61, "whether a unit passes a call on to another")
UNITE = Stream("unite", 62, "whether two organisations merge")
MERGE = Stream("merge", 63, "whether a sleeping unit looks for a live one today")
MERGE_INTO = Stream("merge_into", 64, "which friend's unit it joins")
PLACE = Stream("place", 65, "whether the organisation puts a sleeping unit in touch with a live one today, and which")
REPORT = Stream("report", 70, "whether a source reports an event")
MISREPORT = Stream("misreport", 72, "when an event is reported, with what errors of date and place, and how often")
INVENT = Stream("invent", 73, "invented reports")
HARM = Stream("harm", 75, "rounding of the deaths and arrests that a source tells")
FRAME_START = Stream("frame_start", 80, "the frame held at the start")
VOTE = Stream("vote", 100, "the fraction of a person by which a province's votes are rounded")
DISPUTE = Stream("dispute", 130, "how many disputes begin in a city today")
DISPUTE_SIZE = Stream("dispute_size", 131, "how many take part in a dispute")
DISPUTE_LASTS = Stream("dispute_lasts", 132, "whether a dispute goes on today")
NATIONAL_CALL = Stream("national_call", 133, "whether a national call to livelihood protest comes today, and its size")
RALLY = Stream("rally", 134, "whether the state rallies its own in a city today")
RALLY_SIZE = Stream("rally_size", 135, "how many come")
SPLITTING = Stream("splitting", 136, "rounding of the number of gatherings into which a turnout splits")
VIOLENT = Stream("violent", 137, "whether demonstrators use violence")
WHERE = Stream("where", 138, "at which of a city's gatherings a participant was")
RESIDENT = Stream("resident", 139, "which residents are taken where participants are counted only")
TOLL = Stream("toll", 140, "how many are taken where participants are counted only")
