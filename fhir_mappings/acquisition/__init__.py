"""Completes what a client did not send along, from the FHIR server that it named and may name.

Only `client` reaches the network; everything else decides what to ask and what the answers are worth.
"""
