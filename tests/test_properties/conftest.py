"""The same few examples in every run, so that a failure is the code's and not the day's."""

import pytest
from hypothesis import settings

from mmseg_uda.pseudo_labels import histogram

settings.register_profile('repeatable', derandomize=True, deadline=None, max_examples=12, database=None)
settings.load_profile('repeatable')


@pytest.fixture(scope='module')
def coarse_bins():
    """Histograms of a thousand bins in place of a million, which a hundred examples would spend their time on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(histogram, 'NUM_BINS', 2**10 + 1)
        patch.setattr(histogram, 'BIN_WIDTH', 2.0**-10)
        yield
