"""`infliximab-cds forecast`, and the forecast that `explain` shows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service import evaluate as evaluate_module
from cds_service.cli import main
from cds_service.cli.forecast import outside_limits
from cds_service.explanation import explained_forecast
from tdm.facts import Route
from tdm.forecast import asking, deciding
from tdm.forecast.asking import WhatIf
from tdm.forecast.result import Absence
from tdm.knowledge.loader import load_knowledge
from tests.cds_service.conftest import SIGN, Running
from tests.support.service import evaluate_request, services_at
from tests.support.story import Story, all_stories, request_of

AS_OF = "2026-06-15T09:30:00+02:00"
STORIES = {story.slug: story for story in all_stories()}
VIGNETTES = Path(__file__).parent.parent / "vignettes"
SC = Route.SUBCUTANEOUS


def ask(slug: str, *options: str, command: str = "forecast", **files: Path) -> Result:
    path = files.get("path", VIGNETTES / slug / "request.json")
    arguments = [command, str(path), "--as-of", AS_OF, *options]
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, arguments)


def document(slug: str, *options: str, command: str = "forecast") -> dict[str, Any]:
    result = ask(slug, *options, "--json", command=command)
    found: dict[str, Any] = json.loads(result.output)
    return found


def test_what_if_questions_are_answered_beside_what_the_card_says() -> None:
    result = ask("forecast-options", "--option", "5 mg/kg q6w", "--option", "350 mg every 4 weeks")
    assert result.exit_code == 0, result.output
    assert "The card of this request says: intensify (R-PK-1)." in result.output
    assert "  5 mg/kg q6w: predicted trough " in result.output
    assert "  350 mg every 4 weeks: predicted trough " in result.output
    assert "Regimen in force: predicted trough" in result.output
    assert "By Fasanmade 2011 and Wojciechowski 2017, fitted to the level of 2026-06-14" in result.output
    assert "not a prescription" in result.output


def test_the_same_regimen_has_the_number_of_the_card() -> None:
    (entry,) = document("forecast-options", "--option", "350 mg q6w")["evaluated"]
    (answer,) = entry["forecasts"]
    (asked,) = answer["options"]
    assert (asked["asked"], asked["intervalDays"], asked["route"]) == ("350 mg q6w", 42, "intravenous")
    (explained,) = document("forecast-options", command="explain")["evaluated"]
    same = [one for one in explained["options"] if (one["dose_mg"], one["interval_days"]) == (350, 42)]
    assert asked["predicted"] == same[0]["predicted"]
    assert asked["predicted"]["medians_ug_ml"] == sorted(asked["predicted"]["medians_ug_ml"])
    lower, upper = asked["predicted"]["interval_80_ug_ml"]
    assert lower < asked["predicted"]["medians_ug_ml"][0] < upper
    assert not asked["outsideLimits"]
    assert (entry["verdict"], entry["rule"], entry["notCompleted"]) == ("intensify", "R-PK-1", None)


def test_without_an_option_the_regimen_in_force_is_forecast() -> None:
    result = ask("forecast-a-priori")
    assert result.exit_code == 0, result.output
    assert "A priori, by Fasanmade 2011 and Wojciechowski 2017" in result.output


def test_injections_are_asked_of_their_own_model_beside_infusions() -> None:
    (entry,) = document("forecast-options", "--option", "5 mg/kg q6w", "--option", "120 mg q2w sc")[
        "evaluated"
    ]
    infused, injected = entry["forecasts"]
    assert [one["asked"] for one in infused["options"]] == ["5 mg/kg q6w"]
    assert injected["forecast"]["models"] == ["hanzel-2021"]
    assert [one["route"] for one in injected["options"]] == ["subcutaneous"]


def test_without_a_route_an_option_has_that_of_the_course() -> None:
    (entry,) = document("forecast-subcutaneous", "--option", "240 mg q2w")["evaluated"]
    assert entry["forecasts"][0]["options"][0]["route"] == "subcutaneous"
    result = ask("forecast-subcutaneous", "--option", "5 mg/kg q8w")
    assert result.exit_code == 2
    assert 'add "iv" for infusions' in result.output
    back = ask("forecast-subcutaneous", "--option", "5 mg/kg q8w iv")
    assert back.exit_code == 0, back.output
    assert "5 mg/kg q8w iv: predicted trough" in back.output


def test_what_is_stronger_than_the_service_would_offer_is_named_so() -> None:
    result = ask("forecast-options", "--option", "15 mg/kg q4w", "--option", "10 mg/kg q4w")
    assert result.output.count("Outside the limits of this service") == 1


@pytest.mark.parametrize(
    ("regimen", "weight", "outside"),
    [
        (WhatIf(28, amount_mg_per_kg=10), 70, False),
        (WhatIf(27, amount_mg_per_kg=5), 70, True),
        (WhatIf(56, amount_mg=700), 70, False),
        (WhatIf(56, amount_mg=710), 70, True),
        (WhatIf(56, amount_mg=5000), None, False),
        (WhatIf(14, amount_mg=240, route=SC), 70, False),
        (WhatIf(7, amount_mg=240, route=SC), 70, True),
        (WhatIf(7, route=SC), 70, False),
    ],
)
def test_the_limits_are_those_of_the_ladder(regimen: WhatIf, weight: float | None, outside: bool) -> None:
    assert outside_limits(regimen, weight, load_knowledge().policy) is outside


def test_a_regimen_that_cannot_be_read_is_refused_with_examples() -> None:
    result = ask("forecast-options", "--option", "a bit more")
    assert result.exit_code == 2
    assert "is not a dose with an interval" in result.output
    assert "5 mg/kg q6w" in result.output


def test_no_forecast_has_its_reason_and_its_exit_code() -> None:
    result = ask("forecast-disagreement", "--option", "10 mg/kg q4w")
    assert result.exit_code == 5
    assert "10 mg/kg q4w: no forecast." in result.output
    assert "No forecast: the level is far from what the doses would give" in result.output


def test_a_site_that_switched_it_off_is_told_so(tmp_path: Path) -> None:
    site = VIGNETTES / "forecast-off" / "site.toml"
    result = ask("forecast-off", "--site", str(site))
    assert result.exit_code == 5
    assert "No forecast: it is switched off here." in result.output


def test_another_disease_and_a_request_without_an_order_have_nothing_to_forecast(tmp_path: Path) -> None:
    result = ask("not-applicable-ulcerative-colitis")
    assert result.exit_code == 5
    assert "Nothing to forecast: no course of infliximab for Crohn's disease." in result.output
    (entry,) = document("not-applicable-ulcerative-colitis")["evaluated"]
    assert entry["forecasts"] == []
    request = request_of(STORIES["forecast-options"])
    request["context"]["draftOrders"]["entry"] = []
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request))
    result = ask("", path=path)
    assert result.exit_code == 5
    assert "No infliximab order among the draft orders" in result.output


def test_a_chart_can_be_asked_about_too() -> None:
    result = ask("patient-view-new-level", "--option", "5 mg/kg q6w")
    assert result.exit_code == 0, result.output
    assert "the chart" in result.output


def test_a_check_that_was_not_completed_has_no_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ValueError("secret")

    monkeypatch.setattr(evaluate_module, "decide", broken)
    result = ask("forecast-options", "--option", "5 mg/kg q6w")
    assert result.exit_code == 5
    assert "The check was not completed: E-INTERNAL-1." in result.output
    (entry,) = document("forecast-options")["evaluated"]
    assert (entry["notCompleted"], entry["verdict"], entry["rule"]) == ("E-INTERNAL-1", None, None)


def has_dosing_history(story: Story) -> bool:
    regimens = story.written.get("regimens", [])
    return any(regimen.get("infusions_days_ago") for regimen in regimens)


@pytest.mark.parametrize(
    "story", [one for one in STORIES.values() if has_dosing_history(one)], ids=lambda story: story.slug
)
def test_explain_shows_the_forecast_of_every_story_with_a_dosing_history(story: Story) -> None:
    services = services_at(story.as_of, story.site_path)
    for entry in evaluate_request(request_of(story), story.as_of, story.site_path):
        if entry.decision is None or entry.decision.assessment is None:
            continue
        forecast = explained_forecast(entry, services.now(), services.knowledge)
        assert forecast is not None
        assert forecast.absent is not Absence.INTERNAL
        if forecast.absent is None:
            assert set(forecast.models) <= set(services.knowledge.models)
            assert forecast.models
            assert forecast.inputs
            assert forecast.in_force is not None or forecast.projection is not None


def test_explain_prints_model_inputs_and_interval() -> None:
    result = ask("forecast-missing-albumin", command="explain")
    assert result.exit_code == 0, result.output
    for words in ("Forecast", "Regimen in force", "80 % interval", "fitted to", "Assumed", "Passot 2016"):
        assert words in result.output
    lines = [line.strip() for line in result.output.splitlines()]
    assert any(line.startswith("- Fasanmade 2011: ") and line.endswith("µg/mL") for line in lines)


def test_explain_has_the_chances_of_the_options_as_the_card_has_them() -> None:
    result = ask("forecast-de-escalation", command="explain")
    options = result.output.split("\nOptions\n")[1].split("\n\n")[0]
    assert "chance of staying at 3 or above, " in " ".join(options.split())
    explained = ask("trap-two-levels-hours-apart-same-class", command="explain")
    (often,) = re.findall(
        r"every 4 weeks \(recommended, off-label\): .*? chance of at least 6, ([\d–]+ %) of above 9",
        " ".join(explained.output.split("\nOptions\n")[1].split()),
    )
    asked = ask("trap-two-levels-hours-apart-same-class", "--option", "5 mg/kg q4w")
    assert f"{often} of above 9" in " ".join(asked.output.split())


def test_explain_gives_the_forecast_as_json() -> None:
    (entry,) = document("forecast-projection", command="explain")["evaluated"]
    forecast = entry["forecast"]
    assert forecast["absent"] is None
    assert forecast["models"] == ["fasanmade-2011-combined", "xu-wojciechowski-2017"]
    assert forecast["projection"]["drawn"] == "2026-05-30"
    assert forecast["projection"]["level"] == "6.5 µg/mL"
    assert len(forecast["projection"]["trough"]["interval_80_ug_ml"]) == 2
    assert {"id": "level", "levels": "2026-05-30 (6.5 µg/mL)"} in forecast["inputs"]
    assert {"id": "infusion-time"} in forecast["assumptions"]
    (held,) = document("not-applicable-ulcerative-colitis", command="explain")["evaluated"]
    assert held["forecast"] is None


def test_a_failed_forecast_leaves_its_place_in_the_log_and_the_card_in_its_place(
    service: Running, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ValueError("CANARY")

    response = service.client.post(SIGN, json=order)
    monkeypatch.setattr(deciding, "fit", broken)
    failed = service.client.post(SIGN, json=order)
    (card,), (without,) = response.get_json()["cards"], failed.get_json()["cards"]
    key = "org.infliximab-cds.decision"
    assert card["extension"][key] == without["extension"][key]
    assert "No forecast: an internal error stopped it" in without["detail"]
    first, second = (line["evaluated"][0] for line in service.lines)
    assert (first["forecast"], second["forecast"]) == ("given", "internal")
    assert "failed_at" not in first
    assert second["failed_at"].startswith("ValueError at ")
    assert "CANARY" not in service.text + failed.get_data(as_text=True)


def test_asking_never_throws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "fit", None)
    result = ask("forecast-options", "--option", "5 mg/kg q6w")
    assert result.exit_code == 5
    assert "an internal error stopped it" in result.output


def test_only_the_first_orders_of_a_request_are_forecast() -> None:
    request = request_of(STORIES["forecast-options"])
    (entry,) = request["context"]["draftOrders"]["entry"]
    request["context"]["draftOrders"]["entry"] = [
        {"resource": entry["resource"] | {"id": f"draft-{number}"}} for number in range(7)
    ]
    found = evaluate_request(request, STORIES["forecast-options"].as_of)
    absent = [one.decision.forecast.absent for one in found if one.decision and one.decision.forecast]
    assert absent == [None] * 5 + [Absence.MANY_ORDERS] * 2
    last = found[-1].card
    assert last is not None
    assert "No forecast: the request holds too many infliximab orders" in last.detail
