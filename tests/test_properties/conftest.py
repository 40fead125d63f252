"""The same few examples in every run, so that a failure is the code's and not the day's."""

from hypothesis import settings

settings.register_profile('repeatable', derandomize=True, deadline=None, max_examples=20, database=None)
settings.load_profile('repeatable')
