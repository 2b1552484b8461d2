"""Pharmacokinetics: levels from doses, individual estimates from levels, and how sure a prediction is."""
