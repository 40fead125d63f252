import base64
import io
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from mmseg_uda.visualization.charts import line_chart
from mmseg_uda.visualization.painting import colour_labels
from mmseg_uda.visualization.pictures import data_uri, heat_map


def test_labels_have_their_colours_and_ignored_pixels_none():
    painted = colour_labels(np.array([[0, 1, 255]], np.uint8), [(1, 2, 3), (200, 100, 50)])
    assert painted.tolist() == [[[1, 2, 3], [200, 100, 50], [0, 0, 0]]]


def test_heat_grows_with_the_value():
    heat = heat_map(np.array([[0.0, 0.5]]), (4, 8), largest=0.5).astype(int).sum(axis=2)
    assert heat.shape == (4, 8) and heat[0, 0] < 20 and heat[0, -1] > 500
    assert (np.diff(heat, axis=1) >= 0).all()
    assert heat_map(np.zeros((2, 2)), (4, 4), largest=0.0).max() < 20


def test_data_uri_is_the_picture_itself():
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    kind, _, data = data_uri(picture).partition(',')
    assert kind == 'data:image/png;base64'
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), picture)


def test_chart_is_svg_with_its_names():
    series = {'decode.loss_ce': [(1, 2.0), (2, 1.0)], 'dast.loss_<d>': [(1, 0.5), (2, 0.25)]}
    svg = line_chart(series, 'DAST', {'00_first': 0, '01_second': 1})
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith('svg')
    texts = ''.join(root.itertext())
    for name in (*series, 'DAST', 'iteration', '01_second'):
        assert name in texts
    assert line_chart(series, 'DAST', {'00_first': 0, '01_second': 1}) == svg


def test_chart_without_points_and_with_zero():
    ElementTree.fromstring(line_chart({}, 'nothing logged'))
    ElementTree.fromstring(line_chart({'loss_zero': [(1, 0.0), (2, 0.0)]}, 'zero'))
