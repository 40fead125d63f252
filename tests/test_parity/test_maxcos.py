"""MaxCos: dictionary, class-wise split, losses and gradients over several steps, through the adaptation."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmseg_uda.models import DomainOutput
from mmseg_uda.models.adaptations import MaxCosine
from mmseg_uda.models.losses.cosine_similarity import cosine_similarity_loss

from .parity import assert_close, cases

RTOL = 1e-9
REDUCTIONS = dict(sum='sum', mean_sel='mean', mean_all='mean_all')
IGNORE = 255


def adaptation(case, reduction: str = 'mean') -> MaxCosine:
    maxcos = MaxCosine(case['T_cos'], case['dict_size'], loss_weight=1.0, reduction=reduction)
    head = SimpleNamespace(in_index=0, num_classes=case['num_classes'])
    maxcos.setup(SimpleNamespace(decode_head=head, feature_channels=lambda: [case['s0_f_s'].shape[1]]))
    return maxcos.double()


def output(case, domain: str, step: int, labelled: bool = True) -> DomainOutput:
    side = domain[0]
    labels = case.tensor(f's{step}_y_{side}').long()
    samples = [SegDataSample(gt_sem_seg=PixelData(data=label[None])) for label in labels] if labelled else None
    made = DomainOutput(dict(decode=None), domain, True, torch.empty(len(labels), 3, *labels.shape[1:]), samples)
    made.features = (case.tensor(f's{step}_f_{side}').requires_grad_(),)
    made.logits = case.tensor(f's{step}_p_{side}')
    return made


def target_output(case, split: str, step: int) -> DomainOutput:
    return output(case, 'target', step, labelled=split == 'pl')


def oldest_first(dictionary) -> list[torch.Tensor]:
    """Contents of the ring buffers in the order they were added."""
    size = dictionary.features.shape[1]
    return [
        held.roll(-int(count % size), 0) if count > size else held
        for held, count in zip(dictionary.contents(), dictionary.count, strict=True)
    ]


@pytest.mark.parametrize('case', cases('maxcos.npz'), ids=str)
def test_dictionary(case):
    maxcos = adaptation(case)
    for step in range(case['steps']):
        source = output(case, 'source', step)
        features, labels = maxcos.source_rows(source, 0)
        correct = labels != IGNORE
        assert np.array_equal(correct.reshape(case[f's{step}_correct_mask'].shape), case[f's{step}_correct_mask'] == 1)
        added = torch.bincount(labels[correct], minlength=case['num_classes'])
        assert np.array_equal(added > case['dict_size'], case[f's{step}_overflow'] == 1)
        maxcos.keys(0, features, labels)
        queues = oldest_first(maxcos.dictionaries[0])
        assert [len(queue) for queue in queues] == case[f's{step}_qlen'].tolist()
        for queue, expected in zip(queues, case[f's{step}_queue'], strict=True):
            assert np.array_equal(queue, expected[~np.isnan(expected[:, 0])])


@pytest.mark.parametrize('split', ['pl', 'nopl'])
@pytest.mark.parametrize('case', cases('maxcos.npz'), ids=str)
def test_split_and_selection(case, split):
    maxcos = adaptation(case)
    for step in range(case['steps']):
        target = target_output(case, split, step)
        labels = maxcos.target_labels(target, target.features[0].shape[2:])
        assert np.array_equal(labels, case[f's{step}_{split}_tlabel'])
        keys = maxcos.keys(0, *maxcos.source_rows(output(case, 'source', step), 0))
        flat = target.features[0].permute(0, 2, 3, 1).flatten(0, 2)
        result = cosine_similarity_loss(flat, labels.flatten(), keys, case['T_cos'])
        assert np.array_equal(result.selected, case[f's{step}_{split}_nsel'])
        members = torch.bincount(labels.flatten(), minlength=case['num_classes'])
        assert np.array_equal(result.compared, members * case.tensor(f's{step}_qlen'))


@pytest.mark.parametrize('chunk', [None, 7])
@pytest.mark.parametrize('reduction', REDUCTIONS)
@pytest.mark.parametrize('split', ['pl', 'nopl'])
@pytest.mark.parametrize('case', cases('maxcos.npz'), ids=str)
def test_losses_and_gradients(case, split, reduction, chunk, monkeypatch):
    if chunk:  # fewer similarities than one row has
        monkeypatch.setattr('mmseg_uda.models.ops.chunks.CHUNK_BYTES', 8 * chunk)
    maxcos = adaptation(case, REDUCTIONS[reduction])
    for step in range(case['steps']):
        source, target = output(case, 'source', step), target_output(case, split, step)
        losses = maxcos.loss(None, source, target)
        assert_close(losses['loss_cos'], case[f's{step}_{split}_loss_{reduction}'], rtol=RTOL)
        losses['loss_cos'].backward()
        assert_close(target.features[0].grad, case[f's{step}_{split}_d_{reduction}'], rtol=RTOL)
        assert source.features[0].grad is None
