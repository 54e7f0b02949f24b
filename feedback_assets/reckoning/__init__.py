"""Arithmetic that several rooms share: amounts in one currency, sums that do not depend on the order of rows.

Not here: what is summed and why (themes/, signals/, priority/).
"""
