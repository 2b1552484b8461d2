"""FHIR R4 in and out: tolerant readers, code sets, units, the treatment course, draft orders.

Knows nothing of cards or of Flask.
"""
