"""site.toml: the example loads, and what is not meant is refused by its dotted name."""

from pathlib import Path
from typing import Any

import pytest

from cds_service.request import Hook
from cds_service.services import load_services
from cds_service.settings import Settings, SettingsError
from cds_service.site_overlay import SiteError, load_site, no_overlay, overlay_from
from tdm.knowledge.errors import KnowledgeError

ORDER = {"system": "urn:x", "code": "1", "display": "Level"}
SIGNED = {"reason": "r", "approver": "a", "date": "2026-01-01"}


def test_the_documented_example_is_in_force_when_it_is_loaded(repository: Path) -> None:
    path = repository / "deploy" / "site.example.toml"
    services = load_services(Settings(site_path=path))
    assert services.zone.key == "Europe/Vienna"
    assert services.hooks == (Hook.ORDER_SELECT, Hook.ORDER_SIGN)
    assert services.knowledge.policy.proactive_adult is False
    assert services.knowledge.policy.rules_off == {"R-OK-2"}
    assert services.knowledge.targets["adult-maintenance-otherwise"].act_below_ug_ml == 3.5
    assert services.laboratory_orders["ati"]["code"] == "LAB-IFX-AB"
    assert "infliximab-antibody" in services.codes.concept_ids("urn:oid:1.2.276.0.76.3.1.999.1", "IFXAB")


def test_without_a_file_nothing_differs() -> None:
    site = no_overlay()
    assert (site.time_zone, site.hooks_off, site.codes, dict(site.laboratory_orders)) == (
        "UTC",
        frozenset(),
        (),
        {},
    )
    services = load_services(Settings())
    assert services.knowledge.overrides == ()
    assert services.hooks == tuple(Hook)


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ({"time_zon": "UTC"}, "unknown key time_zon; did you mean time_zone?"),
        ({"hooks": {"patient-vew": False}}, "unknown key hooks.patient-vew; did you mean patient-view?"),
        ({"hooks": {"order-sign": "off"}}, "hooks.order-sign"),
        ({"polcy": {}}, "unknown key polcy; did you mean policy?"),
        ({"zzz": 1}, "unknown key zzz; known are assays"),
        ({"site": ""}, "site"),
        ({"codes": {"infliximab-level": [{"system": "x"}]}}, "codes.infliximab-level.0: missing code"),
        ({"codes": {"infliximab-level": []}}, "codes.infliximab-level"),
        (
            {"laboratory_orders": {"level": {**ORDER, "dispaly": "x"}}},
            "unknown key laboratory_orders.level.dispaly; did you mean display?",
        ),
        ({"laboratory_orders": {"lvel": ORDER}}, "unknown key laboratory_orders.lvel; did you mean level?"),
    ],
)
def test_an_unusable_key_is_refused_by_its_dotted_name(tables: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SiteError) as refused:
        overlay_from(tables)
    assert sentence in str(refused.value)


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(SiteError) as refused:
        overlay_from({"hoks": {}, "sit": "x"})
    assert "hoks; did you mean hooks?" in str(refused.value)
    assert "sit; did you mean site?" in str(refused.value)


def write(folder: Path, text: str) -> Settings:
    path = folder / "site.toml"
    path.write_bytes(text.encode("utf-8"))
    return Settings(site_path=path)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("[policy.alt_hold_multipel]\nvalue = 4\n", KnowledgeError, "did you mean 'alt_hold_multiple'"),
        ('[policy.alt_hold_multiple]\nvalue = 4\nreason = "r"\n', KnowledgeError, "approver"),
        ("[targets.adult-maintenence]\naim = 4\n", KnowledgeError, "targets.adult-maintenence"),
        ('time_zone = "Europe/Wien"\n', SettingsError, "Europe/Wien"),
        ('[[codes.infliximab-levl]]\nsystem = "x"\ncode = "1"\n', SiteError, "did you mean infliximab-level"),
        ("time_zone = \n", SiteError, "site.toml"),
    ],
)
def test_a_site_that_cannot_be_meant_refuses_to_start(
    tmp_path: Path, text: str, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error) as refused:
        load_services(write(tmp_path, text))
    assert sentence in str(refused.value)


def test_safety_gates_cannot_be_switched_off(tmp_path: Path) -> None:
    text = '[policy.rules_off]\nvalue = ["S-HSR"]\nreason = "r"\napprover = "a"\ndate = 2026-01-01\n'
    with pytest.raises(KnowledgeError, match="S-HSR cannot be switched off"):
        load_services(write(tmp_path, text))


def test_a_file_that_is_missing_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"nowhere\.toml: cannot be read"):
        load_site(tmp_path / "nowhere.toml")
    broken = tmp_path / "broken.toml"
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(SiteError, match="not UTF-8"):
        load_site(broken)


def test_a_file_that_is_nested_beyond_reason_is_refused_and_a_leading_mark_is_not(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text("site = " + "[" * 5000 + "]" * 5000)
    with pytest.raises(SiteError, match="nested more deeply"):
        load_site(path)
    path.write_bytes(b'\xef\xbb\xbfsite = "Example"')
    assert load_site(path).site == "Example"
