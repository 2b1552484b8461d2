"""Therapeutic drug monitoring of infliximab in Crohn's disease: facts in, one decision out.

Knows nothing of FHIR, HTTP, the clock or the environment.
"""
