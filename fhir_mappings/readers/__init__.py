"""Tolerant readers: one FHIR resource in, facts and coded issues out; they never throw on odd data."""
