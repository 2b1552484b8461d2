"""Adding a published model is adding a table, also one whose clearance does not know weight."""

from __future__ import annotations

from cards.detail import detail
from cards.wording import load_wording
from tdm.decide import decide
from tdm.knowledge.loader import knowledge_from, packaged, read_bytes
from tests.support.course_builder import NOW
from tests.tdm.forecast.cases import relapse

# Aubourg 2015, 133 adults with Crohn's disease, as transcribed in the control stream of Kim 2025.
AUBOURG = """
[aubourg-2015]
name = "Aubourg 2015, adults"
population = "133 adults with Crohn's disease"
routes = ["intravenous"]
age_groups = ["adult"]
role = "bracket"
sources = ["kim-2025"]
status = "verified"
accuracy = "no external check was read"
accuracy_sources = ["kim-2025"]

[aubourg-2015.typical.CL]
value = 0.336
unit = "L/day"
effects = [{ form = "linear", covariate = "male", unit = "yes/no", reference = 0, coefficient = 0.357142857 }]

[aubourg-2015.typical.V1]
value = 2.6
unit = "L"
effects = [
  { form = "linear", covariate = "male", unit = "yes/no", reference = 0, coefficient = 0.230769231 },
  { form = "power", covariate = "weight", unit = "kg", reference = 60, coefficient = 0.22 },
]

[aubourg-2015.typical.Q]
value = 1.992
unit = "L/day"
effects = []

[aubourg-2015.typical.V2]
value = 4.5
unit = "L"
effects = []

[aubourg-2015.variability]
variance = { CL = 0.2209, V1 = 0.0729 }

[aubourg-2015.residual]
proportional_sd = 0.21
additive_sd = 2.3
combination = "variance-sum"
basis = "The control stream in Kim 2025 has two independent residual terms, whose variances add."

[aubourg-2015.ranges.weight]
unit = "kg"
valid = [30, 150]
typical = [40, 110]
basis = "policy"
"""


def test_a_third_model_of_the_population_is_asked_ranks_and_is_counted_on_the_card() -> None:
    contents = read_bytes(packaged())
    knowledge = knowledge_from({**contents, "models": contents["models"] + AUBOURG.encode()})
    decision = decide(relapse(), now=NOW, knowledge=knowledge)
    assert decision.forecast is not None
    assert decision.forecast.models == ("aubourg-2015", "fasanmade-2011-combined", "xu-wojciechowski-2017")
    assert decision.forecast.ranked
    text = detail(decision, knowledge=knowledge, wording=load_wording())
    assert "µg/mL by 3 models (80 % interval" in text
    assert "two models" not in text
    assert "By Aubourg 2015, Fasanmade 2011 and Wojciechowski 2017, fitted to" in text
    assert "by Fasanmade 2011 alone, how occasions differ" in text
