"""`infliximab-cds inspect`: what is recognised in a hospital's own data, and what to add to site.toml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cds_service.cli.common import CommandError, Exit, read_input, services_for_command, site_option
from cds_service.render import visible
from fhir_mappings.acquired import Resource
from fhir_mappings.inspect import InspectionReport, SeenCode, inspect_bundle
from fhir_mappings.strict_json import StrictJsonError, loads_strict

_SHOWN = 40


@click.command(
    epilog="""\b
Examples:
  infliximab-cds inspect laboratory-bundle.json
  infliximab-cds inspect --site site.toml laboratory-bundle.json
  curl -s localhost:8000/sandbox/requests/adult-loss-of-response | infliximab-cds inspect -"""
)
@click.argument("bundle_file", metavar="BUNDLE.json")
@site_option
def inspect(bundle_file: str, site_path: Path | None) -> None:
    """Show which codes, units and statuses are recognised, which are not, and the lines for site.toml.

    BUNDLE.json is a FHIR Bundle, one resource, or a CDS Hooks request; "-" reads standard input. Names of
    tests are printed as they are sent: check the output before you pass it on.
    """
    services = services_for_command(site_path)
    try:
        content = loads_strict(read_input(bundle_file))
    except StrictJsonError as error:
        raise CommandError(f"this is not strict JSON ({error.code})", Exit.UNREADABLE_INPUT) from error
    resources = list(resources_in(content))
    if not resources:
        raise CommandError("there is no FHIR resource in this file", Exit.UNREADABLE_INPUT)
    print_report(inspect_bundle(resources, services.codes), Console())


def resources_in(content: Any) -> Iterator[Resource]:
    """Yield the resources of a Bundle, a resource, a list, or a CDS Hooks request with its draft orders."""
    if isinstance(content, list):
        for item in content:
            yield from resources_in(item)
    elif not isinstance(content, dict):
        return
    elif content.get("resourceType") == "Bundle":
        entries = content.get("entry")
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                yield from resources_in(entry.get("resource"))
    elif "resourceType" in content:
        yield content
    elif "hook" in content:
        prefetch, context = content.get("prefetch"), content.get("context")
        yield from resources_in(list(prefetch.values()) if isinstance(prefetch, dict) else None)
        yield from resources_in(context.get("draftOrders") if isinstance(context, dict) else None)


def print_report(report: InspectionReport, console: Console) -> None:
    """Print the report, most frequent first; long lists are cut, and say so."""
    console.print(
        "Resources: "
        + ", ".join(f"{count} {escape(visible(kind)) or '(no type)'}" for kind, count in report.resources)
    )
    _print_codes("Recognised", report.recognised, console)
    _print_codes("Not recognised (most will be of no interest here)", report.unrecognised, console)
    _print_rows(
        "Units",
        ("Result", "Unit as sent", "Understood as", "Count"),
        [(unit.concept, unit.unit, unit.understood or "NOT UNDERSTOOD", unit.count) for unit in report.units],
        console,
    )
    _print_rows(
        "Statuses of observations",
        ("Status", "Counts", "Count"),
        [(status.status, "yes" if status.counts else "no", status.count) for status in report.statuses],
        console,
    )
    if report.site_lines:
        console.print("\n[bold]Recognised by name only. After checking, add to site.toml:[/bold]\n")
        for line in report.site_lines:
            click.echo(visible(line))
    else:
        console.print("\nNothing to add to site.toml.")


def _print_codes(title: str, codes: tuple[SeenCode, ...], console: Console) -> None:
    rows = [
        (
            code.concept or "-",
            code.resource_type,
            f"{code.system}|{code.code}",
            code.display,
            _how(code),
            code.count,
        )
        for code in codes
    ]
    _print_rows(title, ("Meaning", "Resource", "Code", "Name", "How", "Count"), rows, console)


def _how(code: SeenCode) -> str:
    if code.look_alike:
        return "known wrong code"
    if not code.concept:
        return ""
    return "by name only" if code.by_name else "by code"


def _print_rows(title: str, heads: tuple[str, ...], rows: list[tuple[Any, ...]], console: Console) -> None:
    if not rows:
        return
    table = Table(*heads, title=f"\n{title}", title_justify="left", box=None)
    for row in rows[:_SHOWN]:
        table.add_row(*_cells(row))
    console.print(table)
    if len(rows) > _SHOWN:
        console.print(f"... and {len(rows) - _SHOWN} more")


def _cells(row: Iterable[Any]) -> list[str]:
    return [escape(visible(str(cell))) for cell in row]
