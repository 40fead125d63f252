"""Pseudo labels: streaming statistics, selectors, generation.

Nothing is imported here, because the data sets below ask :mod:`~mmseg_uda.pseudo_labels.rounds` for its files.
"""
