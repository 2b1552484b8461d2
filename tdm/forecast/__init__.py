"""What a regimen is predicted to give this patient: levels, doses and covariates read by published models.

Adds numbers to a decision and never changes its verdict. Pharmacokinetics itself lives in
`tdm.pharmacokinetics`; here its inputs are taken from the course, with every assumption named.
"""
