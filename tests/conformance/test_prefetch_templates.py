"""Prefetch templates keep to the subset that every client of CDS Hooks 2.0 has to understand."""

import re
from urllib.parse import parse_qsl

import pytest

TOKEN = re.compile(r"\{\{(.*?)\}\}")
# A name, and what its value may look like in the recommended subset: the patient, tokens by equality, dates
# with a prefix, and the two result parameters.
PARAMETERS = {
    "patient": r"\{\{context\.patientId\}\}",
    "subject": r"\{\{context\.patientId\}\}",
    "_count": r"[1-9][0-9]*",
    "_sort": r"-?[a-z]+(-[a-z]+)*",
}
TOKEN_VALUE = re.compile(r"[^{}\s]+")
DATE_PARAMETERS = {"date", "authored-on", "authoredon", "effective-time", "onset-date"}
DATE_VALUE = re.compile(r"(eq|lt|gt|le|ge)?\d{4}(-\d{2}(-\d{2})?)?")


def templates_of(discovery):
    return {
        (service["hook"], key): template
        for service in discovery["services"]
        for key, template in service["prefetch"].items()
    }


@pytest.mark.requirement("cds-hooks_2.0@11", "cds-hooks_2.0@29", "cds-hooks_2.0@36")
def test_each_service_announces_templates_under_keys(discovery):
    for service in discovery["services"]:
        assert service["prefetch"], service["hook"]
        for key, template in service["prefetch"].items():
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", key)
            assert isinstance(template, str)
            assert template


@pytest.mark.requirement(
    "cds-hooks_2.0@35",
    "cds-hooks_2.0@55",
    "cds-hooks_2.0@56",
    "cds-hooks_2.0@57",
    "cds-hooks_2.0@59",
    "cds-hooks-library_1.0.1@8",
    "cds-hooks-library_1.0.1@16",
    "cds-hooks-library_1.0.1@81",
    "cds-hooks-library_1.0.1@89",
    "cds-hooks-library_1.0.1@93",
)
def test_the_only_token_is_the_patients_id_in_double_braces(discovery):
    for where, template in templates_of(discovery).items():
        assert TOKEN.findall(template) == ["context.patientId"], where
        assert not set(TOKEN.sub("", template)) & set("{}"), where


@pytest.mark.requirement("cds-hooks_2.0@58")
def test_every_template_is_a_read_or_a_search_of_the_recommended_subset(discovery):
    for where, template in templates_of(discovery).items():
        path, _, query = template.partition("?")
        if not query:
            assert re.fullmatch(r"[A-Z][A-Za-z]+/\{\{context\.patientId\}\}", path), where
            continue
        assert re.fullmatch(r"[A-Z][A-Za-z]+", path), where
        parameters = parse_qsl(query, strict_parsing=True, keep_blank_values=True)
        assert any(name in {"patient", "subject"} for name, _ in parameters), where
        for name, value in parameters:
            assert ":" not in name or name.endswith(":in"), (where, name)
            if name in PARAMETERS:
                assert re.fullmatch(PARAMETERS[name], value), (where, name)
            elif name in DATE_PARAMETERS:
                assert DATE_VALUE.fullmatch(value), (where, name)
            else:
                assert re.fullmatch(r"[a-z]+(-[a-z]+)*(:in)?", name), (where, name)
                assert TOKEN_VALUE.fullmatch(value), (where, name)


@pytest.mark.parametrize("trap", ["_include", "_revinclude", "_has", "today()", ":not", "_maxresults", "."])
def test_no_template_uses_what_some_clients_lack(discovery, trap):
    for where, template in templates_of(discovery).items():
        rest = TOKEN.sub("", template).replace("https://", "").replace("http://", "")
        names = [part.partition("=")[0] for part in rest.partition("?")[2].split("&")]
        assert trap not in "&".join(names), where
        assert "today()" not in template, where


@pytest.mark.requirement("cds-hooks_2.0@28")
def test_prefetch_alone_is_enough_for_a_decision(answers):
    decided = {
        card["extension"]["org.infliximab-cds.decision"]["verdict"]
        for answer in answers
        for card in answer.cards
    }
    assert {"intensify", "continue", "switch", "assess", "hold"} <= decided
