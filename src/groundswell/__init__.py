"""groundswell: a laboratory for civil resistance under repression.

What a model of one's own is written in can be imported from here, `from groundswell import Mechanism, Model, simulate`; all
ready models are. A name is loaded when it is first asked for, so that `import groundswell` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "arithmetic": ("F32", "F64", "I32", "I64", "U8", "U16", "U32", "U64", "exp", "exps", "log", "logs"),
    "board": (
        *("BOARD", "CELL", "OCCUPANT", "SEEN", "VIEW", "board_world", "enter_cell", "leave_cell", "move_agent", "place_all"),
        *("prepare_turns", "recode_cell", "return_agent"),
    ),
    "columns": (
        *("CITY", "NATION", "NEIGHBOURHOOD", "PERSON", "PROVINCE", "Column", "Field", "Journal", "Level", "Quantity", "Queue"),
        *("Table", "TableType", "group"),
    ),
    "draws": ("Draws", "Stream", "below", "pair_uniform", "toss", "uniform", "word"),
    "errors": ("GroundswellError", "InputError", "ModelError"),
    "given": ("LARGEST_SEED", "MOST_PEOPLE", "real_numbers", "row_numbers", "some_network", "whole_number"),
    "grid": (
        *("add_in_view", "choose_cell", "count_in_view", "euclidean", "fill_turns", "moore", "pick_in_view", "view_of"),
        "von_neumann",
    ),
    "mechanism": ("Mechanism", "Model", "Phase"),
    "network": ("Everyone", "Network"),
    "now": ("Now",),
    "parameters": ("Change", "parameter", "switch"),
    "places": ("City", "Places", "Population", "Province", "single_place", "whole_numbers"),
    "run": ("Run",),
    "simulate": ("simulate",),
}
_MODULE_OF = {name: f"groundswell.core.{module}" for module, names in _HOME.items() for name in names}
__all__ = [*_MODULE_OF, "networks"]  # noqa: PLE0604 - all are strings

if TYPE_CHECKING:
    from groundswell.core import networks as networks
    from groundswell.core.arithmetic import (
        F32 as F32,
        F64 as F64,
        I32 as I32,
        I64 as I64,
        U8 as U8,
        U16 as U16,
        U32 as U32,
        U64 as U64,
        exp as exp,
        exps as exps,
        log as log,
        logs as logs,
    )
    from groundswell.core.board import (
        BOARD as BOARD,
        CELL as CELL,
        OCCUPANT as OCCUPANT,
        SEEN as SEEN,
        VIEW as VIEW,
        board_world as board_world,
        enter_cell as enter_cell,
        leave_cell as leave_cell,
        move_agent as move_agent,
        place_all as place_all,
        prepare_turns as prepare_turns,
        recode_cell as recode_cell,
        return_agent as return_agent,
    )
    from groundswell.core.columns import (
        CITY as CITY,
        NATION as NATION,
        NEIGHBOURHOOD as NEIGHBOURHOOD,
        PERSON as PERSON,
        PROVINCE as PROVINCE,
        Column as Column,
        Field as Field,
        Journal as Journal,
        Level as Level,
        Quantity as Quantity,
        Queue as Queue,
        Table as Table,
        TableType as TableType,
        group as group,
    )
    from groundswell.core.draws import (
        Draws as Draws,
        Stream as Stream,
        below as below,
        pair_uniform as pair_uniform,
        toss as toss,
        uniform as uniform,
        word as word,
    )
    from groundswell.core.errors import GroundswellError as GroundswellError, InputError as InputError, ModelError as ModelError
    from groundswell.core.given import (
        LARGEST_SEED as LARGEST_SEED,
        MOST_PEOPLE as MOST_PEOPLE,
        real_numbers as real_numbers,
        row_numbers as row_numbers,
        some_network as some_network,
        whole_number as whole_number,
    )
    from groundswell.core.grid import (
        add_in_view as add_in_view,
        choose_cell as choose_cell,
        count_in_view as count_in_view,
        euclidean as euclidean,
        fill_turns as fill_turns,
        moore as moore,
        pick_in_view as pick_in_view,
        view_of as view_of,
        von_neumann as von_neumann,
    )
    from groundswell.core.mechanism import Mechanism as Mechanism, Model as Model, Phase as Phase
    from groundswell.core.network import Everyone as Everyone, Network as Network
    from groundswell.core.now import Now as Now
    from groundswell.core.parameters import Change as Change, parameter as parameter, switch as switch
    from groundswell.core.places import (
        City as City,
        Places as Places,
        Population as Population,
        Province as Province,
        single_place as single_place,
        whole_numbers as whole_numbers,
    )
    from groundswell.core.run import Run as Run
    from groundswell.core.simulate import simulate as simulate


def __getattr__(name: str) -> Any:
    """A name of the public interface, loaded."""
    if name in _MODULE_OF:
        value = getattr(import_module(_MODULE_OF[name]), name)
    elif name == "networks":
        value = import_module("groundswell.core.networks")
    else:
        raise AttributeError(f"module 'groundswell' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
