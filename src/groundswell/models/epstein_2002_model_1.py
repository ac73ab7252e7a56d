"""Epstein's civil violence, Model I: generalised rebellion against a central authority.

Citizens have a hardship H and a risk aversion R, both uniform on 0 to 1, and see the regime's legitimacy L. Their grievance is
G = H (1 - L). In view of C cops and A active citizens, oneself counted, they expect to be arrested with P = 1 - exp(-k C / A); the net
risk is N = R P (R P J^a with a = 0: terms deter nobody). **Rule A**: be active if G - N > T, else quiet. **Rule C**: a cop inspects all
cells in view and arrests a random active citizen, for a term from U(0, J). **Rule M**: move to a random free cell in view. Each step
everyone has one turn, in random order, seeing what those before have done: M, then A or C. Jail changes no grievance.

What the paper leaves open is a switch; its default is the most literal reading.

Joshua M. Epstein (2002), Modeling civil violence: An agent-based computational approach, PNAS 99, suppl. 3, 7243-7250.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell import (
    *(),
)
