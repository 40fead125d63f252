import numpy as np
from mmseg.datasets import CityscapesDataset

from mmseg_uda.visualization.captions import LINE, draw_legend, draw_title, stack, with_legend

CLASSES, PALETTE = CityscapesDataset.METAINFO['classes'], CityscapesDataset.METAINFO['palette']


def test_legend_has_a_patch_of_every_class_and_a_name_beside_it():
    legend = draw_legend(CLASSES, PALETTE, 400)
    assert legend.shape[1] == 400 and legend.shape[0] % LINE == 0 and legend.dtype == np.uint8
    for colour in (*PALETTE, (0, 0, 0)):
        ys, xs = np.nonzero((legend == colour).all(axis=2))
        assert len(ys) >= 64
        beside = legend[ys.min() : ys.max(), xs.min() + 14 : xs.min() + 40]
        assert (beside < 128).any()


def test_legend_takes_as_many_lines_as_it_needs():
    wide, narrow = draw_legend(CLASSES, PALETTE, 4000), draw_legend(CLASSES, PALETTE, 10)
    assert len(wide) == LINE and len(narrow) == LINE * (len(CLASSES) + 1)
    assert 10 < narrow.shape[1] < 200  # what the longest name needs
    # letters beyond the Latin ones are drawn, not replaced by one box for all
    cyrillic = [draw_legend([name], [(255, 0, 0)], 200) for name in ('д', 'ж')]
    assert not np.array_equal(*cyrillic)


def test_picture_stays_as_it_is_above_its_legend():
    picture = np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8)
    both = with_legend(picture, CLASSES, PALETTE)
    legend = draw_legend(CLASSES, PALETTE, 50)
    assert np.array_equal(both[:30, :50], picture) and np.array_equal(both[30:], legend)
    assert (both[:30, 50:] == 255).all()


def test_title_is_one_line_of_the_width():
    title = draw_title('source: a name that is too long', 60)
    assert title.shape == (LINE, 60, 3) and title.min() < 100


def test_stack_pads_with_white():
    row = stack([np.zeros((2, 3, 3), np.uint8), np.zeros((4, 1, 3), np.uint8)], axis=1)
    assert row.shape == (4, 4, 3) and (row[2:, :3] == 255).all() and not row[:2].any()
