"""Learners on text: features as tables of tokens, classifiers, regressors, calibration.

Nothing here knows the taxonomy, tiers or tables; training.py and evaluation/ put them to use.
"""
