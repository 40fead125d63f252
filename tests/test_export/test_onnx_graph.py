"""ONNX graphs beside the models they were made of, by ONNX Runtime."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS

import mmseg_uda.models  # noqa: F401, registers what configs name
from mmseg_uda.errors import UserError
from mmseg_uda.export.onnx_graph import FREEDOMS, check_is_one_network, write_compared_graph, write_freest_graph
from tests.conftest import ROOT
from tests.test_models.networks import NEEDS, NETWORKS, adapted

from .networks import SEGFORMER

pytest.importorskip('onnxruntime')
pytest.importorskip('onnxscript')

SLIDING = 'hrda_mini_gta2cs'
MINI = sorted({path.stem for path in ROOT.glob('configs/*/*_mini_gta2cs.py')} - {SLIDING})


FREE = {
    FREEDOMS[0]: ('SegFormer (MiT)', 'DeepLabV3+', 'FastSCNN', 'BiSeNetV2', 'STDC'),
    FREEDOMS[1]: ('PSPNet', 'UPerNet (ViT)', 'Segmenter (ViT)', 'SETR (ViT)', 'DPT (ViT)', 'HRNet'),
    FREEDOMS[2]: ('UPerNet (Swin)',),
}
"""What graphs of the networks of docs/networks.md leave free; tried where they need no further package."""


def build(name: str, **model):
    """A config's network with random weights and classes; parts of ``model`` replace the config's."""
    (path,) = ROOT.glob(f'configs/*/{name}.py')
    cfg = Config.fromfile(path).model
    for key, value in model.items():
        cfg[key] = value
    torch.manual_seed(0)
    segmentor = MODELS.build(cfg)
    segmentor.dataset_meta = dict(classes=[str(i) for i in range(segmentor.num_classes)])
    return segmentor


def check(segmentor, path: Path, size: tuple[int, int] = (64, 128)) -> None:
    free, comparisons = write_freest_graph(segmentor, path, size)
    assert free == FREEDOMS[0] and len({comparison.shape for comparison in comparisons}) == 3
    for comparison in comparisons:
        print(comparison)
        assert comparison.largest > 1e-3 and comparison.difference < 1e-4 and comparison.same > 0.999


def test_aggregation_at_test_is_part_of_the_graph(tmp_path):
    check(build('plca_mini_gta2cs'), tmp_path / 'plca.onnx')


@pytest.mark.slow
@pytest.mark.parametrize('name', MINI)
def test_mini_nets_of_every_method(name, tmp_path):
    check(build(name), tmp_path / 'mini.onnx')


@pytest.mark.slow
@pytest.mark.parametrize('name', ['dast_r101_gta2cs', 'adaptseg_vgg16_gta2cs', 'source_only_fcn8s_vgg16_gta2cs'])
def test_networks_of_the_papers(name, tmp_path):
    segmentor = build(name)
    if 'fcn8s' in name:  # its scores start from zero
        torch.nn.init.normal_(segmentor.decode_head.score_fc7.weight, std=0.1)
    check(segmentor, tmp_path / 'paper.onnx', (128, 256))


@pytest.mark.slow
def test_segformer(tmp_path):
    check(build('adaptseg_mini_gta2cs', **SEGFORMER), tmp_path / 'segformer.onnx')


@pytest.mark.slow
@pytest.mark.parametrize(('free', 'name'), [(free, name) for free, names in FREE.items() for name in names])
def test_networks_of_mmseg(free, name, tmp_path):
    torch.manual_seed(0)
    segmentor = MODELS.build(adapted(name, 'AdaptSegNet') | dict(test_cfg=dict(mode='whole')))
    segmentor.dataset_meta = dict(classes=['a'])
    found, comparisons = write_freest_graph(segmentor, tmp_path / 'graph.onnx', (64, 64))
    assert found == free and all(comparison.same > 0.999 for comparison in comparisons)


def test_every_network_of_mmseg_is_tried_and_on_the_page():
    assert {name for names in FREE.values() for name in names} == NETWORKS.keys() - NEEDS.keys()
    page = (ROOT / 'docs/export.md').read_text()
    assert all(f'| {", ".join(names)} |' in page for names in FREE.values())


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16))), r'model\.test_cfg\.mode'),
        (dict(data_preprocessor=dict(type='UDADataPreprocessor', test_cfg=dict(size_divisor=32))), 'does not pad'),
    ],
)
def test_predictions_of_more_than_one_run_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        check_is_one_network(build('source_only_mini_gta2cs', **change))


def test_hrda_is_refused_as_it_is_tested():
    with pytest.raises(UserError, match=r"model\.test_cfg\.mode is 'slide'"):
        check_is_one_network(build(SLIDING))


def test_other_models_are_refused_by_name():
    model = Config.fromfile(ROOT / 'configs/source_only/source_only_mini_gta2cs.py').model
    del model.adaptations
    model.update(type='CascadeEncoderDecoder', num_stages=2, decode_head=[model.decode_head] * 2)
    with pytest.raises(UserError, match=r"model\.type is 'CascadeEncoderDecoder'"):
        check_is_one_network(MODELS.build(model))


def test_a_graph_that_computes_something_else_is_refused(tmp_path):
    """A head with an upsampling of its own that it does not register."""
    segmentor = build('source_only_mini_gta2cs')
    predict = segmentor.decode_head.predict_by_feat
    segmentor.decode_head.predict_by_feat = lambda logits, metas: 2 * predict(logits, metas)
    with pytest.raises(UserError, match='does not compute what the model does; 1 of 64x128'):
        write_compared_graph(segmentor, tmp_path / 'other.onnx', (64, 128), free=())
