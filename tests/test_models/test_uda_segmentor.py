"""The segmentor's training step, its refinements, its test path, and its errors."""

import pytest
import torch
from mmengine.config import ConfigDict
from mmseg.registry import MODELS
from torch import nn

from mmseg_uda.errors import UserError
from tests.test_engine.nets import ADVERSARY, ATTENTION, build_segmentor, domain_batch, pair_batch, segmentor_config


def losses_of(model, data):
    data = model.data_preprocessor(data, True)
    return model(**data, mode='loss')


def test_losses_are_named_after_their_adaptation():
    model = build_segmentor(adversary=ADVERSARY, attention=ATTENTION)
    names = set(losses_of(model, pair_batch(0)))
    assert {'decode.loss_ce', 'adversary.loss_adv', 'adversary.loss_d_source', 'attention.loss_adv'} <= names


def test_every_parameter_gets_a_gradient():
    """Plain DDP, without find_unused_parameters, depends on it."""
    model = build_segmentor(adversary=ADVERSARY, attention=ATTENTION)
    model.parse_losses(losses_of(model, pair_batch(0)))[0].backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


def test_discriminators_get_nothing_from_the_segmentors_losses():
    model = build_segmentor(adversary=ADVERSARY, attention=ATTENTION)
    losses = losses_of(model, pair_batch(0))
    sum(value for name, value in losses.items() if 'loss' in name and '_d_' not in name).backward()
    assert all(p.grad is None for p in model.adaptations.parameters())


def test_a_tested_model_can_be_traced():
    """By TorchScript, as MMSeg's get_flops traces; the attention runs its discriminator."""
    model = build_segmentor(attention=ATTENTION).eval()
    traced = torch.jit.trace(model, torch.rand(1, 3, 32, 32))
    image = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(traced(image), model(image))


def test_a_domain_may_be_absent():
    model = build_segmentor()
    batch = pair_batch(0)
    assert set(losses_of(model, dict(source=batch['source']))) == {'decode.loss_ce', 'decode.acc_seg'}
    target_only = build_segmentor(st=dict(type='SelfTraining'))
    target = pair_batch(0, target_labels=True)['target']
    assert set(losses_of(target_only, dict(target=target))) == {'st.loss_ce', 'st.labelled'}


def test_missing_domain_is_named():
    model = build_segmentor(adversary=ADVERSARY)
    with pytest.raises(UserError, match=r'model\.adaptations\.adversary .* needs target images'):
        losses_of(model, dict(source=pair_batch(0)['source']))


def test_plain_mmseg_batches_train_as_source():
    model = build_segmentor()
    assert 'decode.loss_ce' in losses_of(model, pair_batch(0)['source'])


def test_order_of_domains_reaches_the_norm_statistics():
    means = []
    for order in (('source', 'target'), ('target', 'source')):
        torch.manual_seed(0)
        model = MODELS.build(ConfigDict(segmentor_config(), domain_order=order))
        losses_of(model.train(), pair_batch(0))
        means.append(model.backbone.bn1.running_mean.clone())
    assert not torch.equal(*means)


def test_wrong_order_is_named():
    with pytest.raises(UserError, match=r'model\.domain_order'):
        MODELS.build(ConfigDict(segmentor_config(), domain_order=('source', 'source')))


def test_norm_eval_keeps_statistics_and_trains_weights():
    model = MODELS.build(ConfigDict(segmentor_config(), norm_eval=True)).train()
    before = model.backbone.bn1.running_mean.clone()
    losses_of(model, pair_batch(0))
    assert torch.equal(model.backbone.bn1.running_mean, before)
    assert model.training and not model.backbone.bn1.training


def test_source_weight_scales_the_supervised_losses():
    torch.manual_seed(0)
    half = MODELS.build(ConfigDict(segmentor_config('GN'), source_loss_weight=0.5))
    full = build_segmentor(norm='GN')
    full.load_state_dict(half.state_dict())
    a, b = (losses_of(m, pair_batch(0)) for m in (half, full))
    torch.testing.assert_close(2 * a['decode.loss_ce'], b['decode.loss_ce'])
    assert a['decode.acc_seg'] == b['decode.acc_seg']


def test_attention_is_used_at_test_and_only_on_target():
    model = build_segmentor(norm='GN', attention=ATTENTION).eval()
    plain = build_segmentor(norm='GN').eval()
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith('adaptations')})
    nn.init.constant_(model.adaptations['attention'].discriminator.classifier.bias, 3.0)
    data = domain_batch(torch.Generator().manual_seed(0), (32, 64))
    images = model.data_preprocessor(data, False)['inputs']
    with torch.no_grad():
        source = model.run_domain(images, None, 'source', training=False).logits
        target = model.run_domain(images, None, 'target', training=False).logits
        torch.testing.assert_close(source, plain(images))
        assert not torch.allclose(target, plain(images))
        torch.testing.assert_close(model(images), target)
    predicted = model.test_step(data)
    upsampled = model.upsample(target, (32, 64))
    torch.testing.assert_close(predicted[0].seg_logits.data, upsampled[0])


def test_attention_weighted_corrector_reads_the_attention():
    corrector = dict(ADVERSARY, kind='ls', attention_from='attention')
    model = build_segmentor(attention=ATTENTION, corrector=corrector)
    plain = build_segmentor(attention=ATTENTION, corrector=dict(corrector, attention_from=None))
    a, b = (losses_of(m, pair_batch(0)) for m in (model, plain))
    assert a['corrector.loss_adv'] < b['corrector.loss_adv']  # attention is below 1
    assert a['attention.loss_adv'] == b['attention.loss_adv']


@pytest.mark.parametrize('name', ['my_loss', 'two words', '1st'])
def test_adaptation_names_are_checked(name):
    with pytest.raises(UserError, match='identifier without "loss"'):
        build_segmentor(**{name: ADVERSARY})


def test_unknown_adaptation_lists_the_known():
    with pytest.raises(UserError, match=r'model\.adaptations\.x\.type .* Known: .*SelfTraining'):
        build_segmentor(x=dict(type='CrossEntropyLoss'))


def test_discriminator_with_buffers_is_refused():
    from mmseg_uda.models.discriminators import BaseDiscriminator

    @MODELS.register_module(force=True)
    class NormedDiscriminator(BaseDiscriminator):
        def __init__(self, in_channels):
            super().__init__()
            self.norm = nn.BatchNorm2d(in_channels)

    with pytest.raises(UserError, match='must not have buffers'):
        build_segmentor(adversary=dict(ADVERSARY, discriminator=dict(type='NormedDiscriminator')))


def test_missing_auxiliary_head_is_named():
    model = build_segmentor(entropy=dict(type='EntropyMinimization', level='aux'))
    with pytest.raises(UserError, match='auxiliary_head is not set'):
        losses_of(model, pair_batch(0))


def test_self_training_without_labels_says_what_to_do():
    model = build_segmentor(st=dict(type='SelfTraining'))
    with pytest.raises(UserError, match='labeling'):
        losses_of(model, pair_batch(0))


def test_nothing_labelled_is_an_exact_zero_with_gradients():
    model = build_segmentor(st=dict(type='SelfTraining'))
    batch = pair_batch(0, target_labels=True)
    for sample in batch['target']['data_samples']:
        sample.gt_sem_seg.data.fill_(255)
    losses = losses_of(model, batch)
    assert losses['st.loss_ce'] == 0 and losses['st.loss_ce'].requires_grad
    losses['st.loss_ce'].backward()
    assert torch.count_nonzero(model.decode_head.conv_seg.weight.grad) == 0


@pytest.mark.parametrize('kind', ['OutputSpaceAdversary', 'PixelIntraDomainAdversary'])
def test_discriminator_of_another_class_count(kind):
    discriminator = dict(type='OutputDiscriminator', in_channels=16)
    with pytest.raises(UserError, match=r'corrector\.discriminator\.in_channels is 16, but .* has 5 channels'):
        build_segmentor(corrector=dict(type=kind, discriminator=discriminator))


def test_another_channel_count_at_the_tap():
    discriminator = dict(type='FeatureDiscriminator', in_channels=32)
    with pytest.raises(UserError, match=r'attention\.discriminator\.in_channels is 32, but .* has 16 channels'):
        build_segmentor(attention=dict(ATTENTION, discriminator=discriminator))


def test_channels_of_discriminators_follow_from_the_network():
    model = build_segmentor(
        auxiliary=True,
        attention=dict(ATTENTION, discriminator=dict(type='FeatureDiscriminator')),
        aux=dict(ADVERSARY, level='aux', discriminator=dict(type='OutputDiscriminator')),
    )
    assert model.adaptations['attention'].discriminator.conv1.weight.shape[:2] == (8, 16)
    assert model.adaptations['aux'].discriminator.conv1.weight.shape[1] == 5
    before = dict(model.state_dict())
    assert model.tap_channels() == 16 and model.training and model.backbone.bn1.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_an_adversary_of_a_missing_level_is_named():
    with pytest.raises(UserError, match="level 'aux' was asked for; this model has 'decode' alone"):
        build_segmentor(adversary=dict(ADVERSARY, level='aux'))


@pytest.mark.parametrize(
    ('discriminator', 'said'),
    [(dict(type='Nothing'), 'Nothing'), (dict(type='OutputDiscriminator', width=3), 'width')],
)
def test_a_wrong_discriminator_names_its_key(discriminator, said):
    with pytest.raises(UserError, match=rf'model\.adaptations\.adversary\.discriminator: .*{said}'):
        build_segmentor(adversary=dict(ADVERSARY, discriminator=discriminator))


def list_of_heads():
    """A config with two auxiliary heads, as MMSeg's FastSCNN, BiSeNetV2, STDC and SETR have them."""
    config = segmentor_config(adversary=dict(ADVERSARY, level='aux_1'))
    head = ConfigDict(config.decode_head, in_index=0, in_channels=8)
    config.auxiliary_head = [head, head]
    return config


def test_a_list_of_auxiliary_heads_trains_and_each_is_a_level():
    model = MODELS.build(list_of_heads()).train()
    losses = losses_of(model, pair_batch(0))
    assert {'decode.loss_ce', 'aux_0.loss_ce', 'aux_1.loss_ce', 'adversary.loss_adv'} <= set(losses)
    losses['adversary.loss_adv'].backward(retain_graph=True)
    assert model.auxiliary_head[1].conv_seg.weight.grad is not None
    assert model.auxiliary_head[0].conv_seg.weight.grad is None
    model.parse_losses(losses)[0].backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


def test_one_map_for_two_classes_is_refused():
    """MMSeg advises it for two classes; a softmax over one map would be 1 everywhere, and every loss 0."""
    config = segmentor_config(entropy=dict(type='EntropyMinimization'))
    binary = dict(num_classes=2, out_channels=1, threshold=0.3)
    config.decode_head.update(binary, loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True))
    with pytest.raises(UserError, match=r'model\.decode_head\.out_channels is 1'):
        MODELS.build(config)


def test_levels_of_a_list_are_named():
    config = list_of_heads()
    config.adaptations.adversary.level = 'aux'
    with pytest.raises(UserError, match="level 'aux' was asked for; this model has 'decode' and 'aux_0' and 'aux_1'"):
        MODELS.build(config)
