import copy

import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from mmseg_uda.models.decode_heads import geometry
from mmseg_uda.pseudo_labels.prediction import evaluating, target_probabilities

from .conftest import MODEL, SIZE


def batch_of(*sizes):
    return pseudo_collate(
        [
            dict(
                inputs=torch.randint(0, 256, (3, *size), dtype=torch.uint8),
                data_samples=SegDataSample(metainfo=dict(img_shape=size, ori_shape=size)),
            )
            for size in sizes
        ]
    )


def test_logits_first_is_what_testing_predicts(model):
    batch = batch_of(SIZE, SIZE)
    with evaluating(model):
        probs = target_probabilities(model, batch, 'logits_first')
        tested = model.test_step(batch)
    for prob, sample in zip(probs, tested, strict=True):
        torch.testing.assert_close(prob, sample.seg_logits.data.softmax(0))


def test_probs_first_differs_and_sums_to_one(model):
    batch = batch_of(SIZE)
    with evaluating(model):
        (late,) = target_probabilities(model, batch, 'logits_first')
        (early,) = target_probabilities(model, batch, 'probs_first')
    torch.testing.assert_close(early.sum(0), torch.ones(SIZE))
    assert (early - late).abs().max() > 1e-3


@pytest.mark.parametrize('order', ['logits_first', 'probs_first'])
def test_plain_encoder_decoder(model, order):
    cfg = copy.deepcopy(MODEL)
    cfg.update(type='EncoderDecoder')
    del cfg['adaptations']
    plain = MODELS.build(cfg)
    plain.load_state_dict(model.state_dict())
    batch = batch_of(SIZE)
    with evaluating(model), evaluating(plain):
        torch.testing.assert_close(target_probabilities(plain, batch, order), target_probabilities(model, batch, order))


def test_padding_is_cut_off(model):
    model.data_preprocessor.test_cfg = dict(size_divisor=32)
    with evaluating(model):
        (prob,) = target_probabilities(model, batch_of((24, 40)), 'logits_first')
    assert prob.shape == (5, 24, 40)


def test_a_head_that_owns_its_upsampling_is_followed(model):
    class NearestHead(type(model.decode_head)):
        pass

    geometry.spans_image.register(NearestHead, lambda head: False)
    geometry.upsample.register(NearestHead, lambda head, logits, size: torch.nn.functional.interpolate(logits, size))
    model.decode_head.__class__ = NearestHead
    batch = batch_of(SIZE)
    with evaluating(model):
        (one,) = target_probabilities(model, batch, 'logits_first')
        (other,) = target_probabilities(model, batch, 'probs_first')
    torch.testing.assert_close(one, other)
    assert one[0, 0, 0] == one[0, 0, 1]  # nearest


def test_modes_are_restored_even_after_an_error(model):
    model.train()
    model.backbone.layer1.eval()
    modes = [module.training for module in model.modules()]
    with pytest.raises(RuntimeError, match='stop'), evaluating(model):
        assert not any(module.training for module in model.modules())
        assert not torch.is_grad_enabled()
        raise RuntimeError('stop')
    assert [module.training for module in model.modules()] == modes
    assert torch.is_grad_enabled()
