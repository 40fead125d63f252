"""MaxCos: the dictionary as state, FCN-8s' features, the ablations, ranks."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import build_optim_wrapper
from mmengine.runner.checkpoint import load_state_dict
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch.nn.functional import normalize, one_hot

from mmseg_uda.models import DomainOutput
from mmseg_uda.models.adaptations import MaxCosine
from mmseg_uda.models.backbones import FCN8S_FEATURES
from mmseg_uda.models.backbones.fcn8s_vgg import CELL_CENTRES
from mmseg_uda.models.decode_heads import FCN8sHead
from mmseg_uda.models.losses import cosine_similarity_loss
from tests.ranks import run_on_ranks
from tests.test_engine.nets import CLASSES, build_segmentor, pair_batch, segmentor_config

MAXCOS = dict(type='MaxCosine', threshold=0.2, dict_size=7, loss_weight=1.0)


def losses_of(model, seed, **kwargs):
    return model(**model.data_preprocessor(pair_batch(seed, **kwargs), True), mode='loss')


def dictionary_of(model):
    return model.adaptations['maxcos'].dictionaries[0]


def test_dictionary_goes_on_exactly_where_a_checkpoint_was_made(tmp_path):
    model = build_segmentor(maxcos=MAXCOS)
    for seed in range(3):
        losses_of(model, seed)
    torch.save(model.state_dict(), tmp_path / 'checkpoint.pth')
    resumed = build_segmentor(seed=1, maxcos=MAXCOS)
    resumed.load_state_dict(torch.load(tmp_path / 'checkpoint.pth', weights_only=True))
    one, other = losses_of(model, 3)['maxcos.loss_cos'], losses_of(resumed, 3)['maxcos.loss_cos']
    assert one > 0 and torch.equal(one, other)
    assert torch.equal(dictionary_of(model).features, dictionary_of(resumed).features)
    assert torch.equal(dictionary_of(model).count, dictionary_of(resumed).count)
    assert (dictionary_of(model).count > 7).any()  # the ring has gone round


@pytest.mark.parametrize('saved', [True, False])
@pytest.mark.parametrize('wanted', [True, False])
def test_a_checkpoint_may_lack_the_dictionary_or_bring_one_unasked(saved, wanted):
    model = build_segmentor(maxcos=MAXCOS | dict(save_queues=saved))
    losses_of(model, 0)
    state = model.state_dict()
    assert any('dictionaries' in key for key in state) == saved
    other = build_segmentor(maxcos=MAXCOS | dict(save_queues=wanted))
    load_state_dict(other, state, strict=True)  # would raise what it otherwise logs
    assert bool(dictionary_of(other).count.any()) == (saved and wanted)


def test_a_dictionary_of_another_size_is_left_out_whole():
    model = build_segmentor(maxcos=MAXCOS)
    losses_of(model, 0)
    other = build_segmentor(maxcos=MAXCOS | dict(dict_size=5))
    load_state_dict(other, model.state_dict(), strict=True)
    assert dictionary_of(model).count.any() and not dictionary_of(other).count.any()


def fcn8s_output(head: FCN8sHead, domain: str, size: tuple[int, int], labels: torch.Tensor) -> DomainOutput:
    """An FCN-8s whose features hold the image position that they look at, and whose score is right there."""
    samples = [SegDataSample(gt_sem_seg=PixelData(data=label[None])) for label in labels]
    output = DomainOutput(dict(decode=head), domain, True, torch.empty(len(labels), 3, *size), samples)

    def positions(name: str, shape: tuple[int, int]) -> torch.Tensor:
        stride, offset = CELL_CENTRES[name]
        grid = torch.meshgrid(*(stride * torch.arange(n) + offset for n in shape), indexing='ij')
        return torch.stack(grid).expand(len(labels), 2, *shape)

    # sizes of a 512x1024 input, see test_heads and test_backbones
    shapes = dict(pool3=(89, 153), pool4=(45, 77), fc7=(17, 33))
    output.features = tuple(positions(name, shapes[name]) for name in FCN8S_FEATURES)
    rows, columns = (
        centres.clamp(0, n - 1).long() for centres, n in zip(positions('score', (74, 138))[0], size, strict=True)
    )
    output.logits = one_hot(labels[:, rows, columns], 19).permute(0, 3, 1, 2).float()
    return output


def test_fcn8s_features_are_paired_with_the_labels_of_their_place():
    size = (512, 1024)
    head = FCN8sHead(num_classes=19, in_channels=(2, 2, 2))
    maxcos = MaxCosine(dict_size=10000)
    maxcos.setup(SimpleNamespace(decode_head=head, feature_channels=lambda: [2, 2, 2]))
    # 8 x 2 areas of 64 x 512 pixels, a class each
    classes = torch.arange(16).view(8, 2).repeat_interleave(64, 0).repeat_interleave(512, 1).unsqueeze(0)
    source, target = (fcn8s_output(head, domain, size, classes) for domain in ('source', 'target'))
    maxcos.loss(None, source, target)
    for i, stride in enumerate((8, 16, 32)):
        queues = maxcos.dictionaries[i].contents()
        cells = 512 * 1024 // stride**2
        assert [len(queue) for queue in queues] == [cells // 16] * 16 + [0] * 3
        for c, queue in enumerate(queues[:16]):
            y, x = queue.T
            assert y.min() >= 0 and x.min() >= 0
            assert torch.equal((y // 64 * 2 + x // 512).long(), torch.full((len(queue),), c))
        features = maxcos.features(target, i)
        labels = maxcos.target_labels(target, features.shape[2:])
        assert features.shape[2:] == labels.shape[1:] == (512 // stride, 1024 // stride)
        assert torch.equal((features[0, 0] // 64 * 2 + features[0, 1] // 512).long(), labels[0])


def brute_force(target, labels, source, threshold):
    """Mean over the selected of each class, with torch's own gradient."""
    total = 0
    for c, keys in enumerate(source):
        m = normalize(target[labels == c], dim=1) @ normalize(keys, dim=1).T
        selected = m > threshold
        if selected.any():
            total = total + (1 - m)[selected].mean()
    return total / len(source)


def ablated(**kwargs):
    model = build_segmentor(maxcos=MAXCOS | dict(dict_size=None) | kwargs)
    model.eval()  # so that the network can be run again
    data = model.data_preprocessor(pair_batch(0), True)
    outputs = {
        domain: model.run_domain(data['inputs'][domain], data['data_samples'][domain], domain, True)
        for domain in ('source', 'target')
    }
    return model.adaptations['maxcos'], outputs['source'], outputs['target']


def as_rows(features):
    return features.flatten(2).transpose(1, 2).flatten(0, 1)


def test_without_dictionary_only_the_current_images_count():
    maxcos, source, target = ablated()
    loss = maxcos.loss(None, source, target)['loss_cos']
    features, labels = maxcos.source_rows(source, 0)
    keys = [features[labels == c] for c in range(CLASSES)]
    split = target.logits.argmax(dim=1).flatten()
    expected = brute_force(as_rows(target.features[1]), split, keys, 0.2)
    assert loss.item() == pytest.approx(expected.item()) and loss > 0
    assert torch.equal(maxcos.loss(None, source, target)['loss_cos'], loss)  # nothing was kept
    assert not list(maxcos.buffers())


def test_without_split_all_features_are_compared():
    maxcos, source, target = ablated(split_classes=False)
    losses = maxcos.loss(None, source, target)
    rows = as_rows(target.features[1])
    expected = brute_force(rows, torch.zeros(len(rows)), [as_rows(source.features[1])], 0.2)
    assert losses['loss_cos'].item() == pytest.approx(expected.item()) and losses['loss_cos'] > 0
    grads = [torch.autograd.grad(x, target.features[1], retain_graph=True)[0] for x in (losses['loss_cos'], expected)]
    torch.testing.assert_close(*grads)


def test_autocast_neither_reaches_the_loss_nor_the_dictionary():
    model = build_segmentor(maxcos=MAXCOS)
    with torch.autocast('cpu', torch.bfloat16):
        loss, _ = model.parse_losses(losses_of(model, 0))
    loss.backward()
    assert dictionary_of(model).features.dtype == torch.float32
    target = torch.randn(50, 8)
    source = [torch.randn(20, 8)]
    with torch.autocast('cpu', torch.bfloat16):
        cast = cosine_similarity_loss(target, torch.zeros(50).long(), source, 0.3)
    assert torch.equal(cast.loss, cosine_similarity_loss(target, torch.zeros(50).long(), source, 0.3).loss)


def test_pseudo_labels_split_where_there_are_some():
    model = build_segmentor(maxcos=MAXCOS)
    maxcos = model.adaptations['maxcos']
    data = model.data_preprocessor(pair_batch(0, target_labels=True), True)
    samples = data['data_samples']['target']
    for sample in samples:
        sample.gt_sem_seg.data[..., :24] = 255
    target = model.run_domain(data['inputs']['target'], samples, 'target', True)
    predicted = target.logits.argmax(dim=1)
    size = predicted.shape[1:]
    labels = torch.stack([sample.gt_sem_seg.data[0, ::8, ::8] for sample in samples])
    assert labels.shape == predicted.shape and not torch.equal(labels[..., 3:], predicted[..., 3:])
    assert torch.equal(maxcos.target_labels(target, size), torch.cat((predicted[..., :3], labels[..., 3:]), dim=2))
    target.samples = None
    assert torch.equal(maxcos.target_labels(target, size), predicted)


def test_mistakes():
    for wrong, message in (
        (dict(dict_size=0), 'dict_size is 0'),
        (dict(split_classes=False), 'set dict_size=None'),
        (dict(reduction='max'), "reduction must be one of .*got 'max'"),
        (
            dict(in_index=[0]),
            r'model\.adaptations\.maxcos\.in_index is \[0\], but model\.decode_head reads the outputs \[1\]',
        ),
    ):
        with pytest.raises(ValueError, match=message):
            build_segmentor(maxcos=MAXCOS | wrong)


def test_features_that_a_head_joins_have_a_dictionary_each():
    cfg = segmentor_config(maxcos=MAXCOS)
    cfg.decode_head.update(in_channels=[8, 16], in_index=[0, 1], input_transform='resize_concat')
    dictionaries = MODELS.build(cfg).adaptations['maxcos'].dictionaries
    assert [dictionary.features.shape[-1] for dictionary in dictionaries] == [8, 16]


def train_on_rank(rank: int, folder: Path) -> None:
    # as mmseg_uda.engine.launch and MMEngine's Runner wrap it
    model = build_segmentor(norm='GN', maxcos=MAXCOS | dict(threshold=0.999999 if rank else 0.2))
    ddp = MMDistributedDataParallel(model, broadcast_buffers=False)
    cfg = dict(constructor='JointOptimWrapperConstructor', segmentor=dict(optimizer=dict(type='SGD', lr=0.01)))
    optim_wrapper = build_optim_wrapper(ddp, cfg)
    for step in range(3):
        ddp.train_step(pair_batch(10 * rank + step), optim_wrapper)
    torch.save(model.state_dict(), f'{folder}/{rank}.pth')


@pytest.mark.dist
def test_ranks_share_weights_but_not_dictionaries(tmp_path):
    """One rank selects nothing."""
    run_on_ranks(train_on_rank, tmp_path)
    one, two = (torch.load(tmp_path / f'{rank}.pth', weights_only=True) for rank in range(2))
    assert {name for name in one if not torch.equal(one[name], two[name])} <= {
        'adaptations.maxcos.dictionaries.0.features',
        'adaptations.maxcos.dictionaries.0.count',
    }
    assert not torch.equal(*(state['adaptations.maxcos.dictionaries.0.features'] for state in (one, two)))
