"""Lets `python -m cds_service` do what the command `infliximab-cds` does."""

from cds_service.cli import main

main(prog_name="infliximab-cds")
