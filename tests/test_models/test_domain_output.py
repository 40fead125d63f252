"""Labels and confidences that come with the images of a domain."""

import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmseg_uda.errors import UserError
from mmseg_uda.models import DomainOutput, UDADataPreprocessor


def sample(size=(4, 6), label=None, confidence=None):
    result = SegDataSample(metainfo=dict(img_shape=size))
    if label is not None:
        result.gt_sem_seg = PixelData(data=torch.full((1, *size), label))
    if confidence is not None:
        result.set_data(dict(pseudo_confidence=PixelData(data=torch.full((1, *size), confidence, dtype=torch.uint8))))
    return result


def output(*samples, size=(4, 6)):
    return DomainOutput({}, 'target', True, torch.zeros(len(samples), 3, *size), list(samples))


def test_labels_and_confidence():
    target = output(sample(label=3, confidence=255), sample(label=255, confidence=51))
    assert target.has_labels
    assert target.labels().shape == target.confidence().shape == (2, 4, 6)
    assert target.labels().dtype == torch.int64 and target.confidence().dtype == torch.float32
    assert target.confidence()[:, 0, 0].tolist() == [1, pytest.approx(0.2)]


def test_without():
    bare = output(sample())
    assert not bare.has_labels
    assert not DomainOutput({}, 'target', False, torch.zeros(1, 3, 4, 6), None).has_labels
    with pytest.raises(ValueError, match='target images carry no labels'):
        bare.labels()
    with pytest.raises(ValueError, match=r'labeling\.confidence=True.*--confidence'):
        output(sample(label=3)).confidence()


def test_confidences_are_padded_with_the_labels():
    preprocessor = UDADataPreprocessor(mean=[0.0] * 3, std=[1.0] * 3, size_divisor=1, seg_pad_val=255)
    small, large = (4, 6), (5, 8)
    batch = dict(
        inputs=[torch.ones(3, *size, dtype=torch.uint8) for size in (small, large)],
        data_samples=[sample(size, label=2, confidence=200) for size in (small, large)],
    )
    data = preprocessor(dict(target=batch), True)
    target = DomainOutput({}, 'target', True, data['inputs']['target'], data['data_samples']['target'])
    padded = torch.ones(5, 8, dtype=torch.bool)
    padded[:4, :6] = False
    assert torch.equal(target.labels()[0] == 255, padded)
    assert torch.equal(target.confidence()[0] == 0, padded)
    assert (target.confidence()[1] == 200 / 255).all()


def head(features):
    return features[0] * features[0]


def run_output() -> DomainOutput:
    """As after a run, with an auxiliary output that nobody has asked for."""
    made = DomainOutput(dict(decode=None, aux=head), 'source', True, torch.zeros(1, 3, 4, 6), None)
    weight = torch.ones(1, 5, 4, 6, requires_grad=True)
    made.tap, made.features, made.logits = weight * 2, (weight * 3,), weight * 4
    made.store['teacher'] = dict(labels=[weight * 5], name='teacher')
    made._cache['full_logits', 'decode'] = weight * 6
    return made


def test_detached_passes_no_gradient():
    output = run_output()
    constant = output.detached()
    maps = [constant.tap, *constant.features, constant.logits, *constant.store['teacher']['labels']]
    maps += [constant.full_logits(), constant.prob(), constant.level_logits('aux')]
    assert not any(one.requires_grad for one in maps)
    assert constant.logits.data_ptr() == output.logits.data_ptr(), 'nothing is copied'
    assert torch.equal(constant.full_logits(), output.full_logits())
    assert constant.store['teacher']['name'] == 'teacher'
    assert all(one.requires_grad for one in (output.tap, output.prob(), output.level_logits('aux')))


@pytest.mark.parametrize('read', [lambda o: o.tap, lambda o: o.features, lambda o: o.prob()])
def test_an_output_that_was_not_run_says_so(read):
    with pytest.raises(UserError, match=r"not run on the target images.*forwards = \('target',\)"):
        read(DomainOutput(dict(decode=None), 'target', True, torch.zeros(1, 3, 4, 6), None))
