"""The released training loop of adversarial methods, written plainly from this package's modules.

Freeze the discriminators, backward on the source, backward on the target; unfreeze them, backward on what was kept of
both; step everything.
"""

from mmseg_uda.models.adaptations import DiscriminatorAttention, OutputSpaceAdversary
from mmseg_uda.models.losses import SOURCE, TARGET, domain_loss
from mmseg_uda.models.ops import attend, discriminator_attention, self_information

ALTERNATES = (DiscriminatorAttention, OutputSpaceAdversary)


def can_alternate(model) -> bool:
    """Whether the loop below has everything that the model trains with: one output, adversaries alone."""
    adaptations = model.adaptations.values()
    return bool(adaptations) and not model.with_auxiliary_head and all(type(a) in ALTERNATES for a in adaptations)


def forward(model, images, attention=None):
    """Run the network; ``attention`` is the adaptation that attends at the tap, on target images.

    Returns:
        What each kind of adversary looks at, and the score that an attention was made of.
    """
    features = list(model.backbone(images))
    tap, score = features[-1], None
    if attention is not None:
        score = attention.discriminator(tap)
        features[-1] = attend(tap, discriminator_attention(score))
    if model.with_neck:
        features = model.neck(features)
    logits = model.upsample(model.decode_head(features), images.shape[2:])
    return {DiscriminatorAttention: tap, OutputSpaceAdversary: logits}, score


def visible(adversary, outputs):
    """What the discriminator of an adversary sees."""
    seen = outputs[type(adversary)]
    if isinstance(adversary, OutputSpaceAdversary):
        seen = seen.softmax(dim=1)
        return self_information(seen) if adversary.maps == 'entropy' else seen
    return seen


def alternating_step(model, optimisers, batch: dict) -> None:
    """One step.

    Args:
        model: A UDASegmentor, of which modules and weights of losses are taken.
        optimisers: Of the segmentor and of the discriminators.
        batch: As the data loader gives it.
    """
    data = model.data_preprocessor(batch, True)
    images, samples = data['inputs'], data['data_samples']
    adversaries = list(model.adaptations.values())
    attention = next((a for a in adversaries if isinstance(a, DiscriminatorAttention)), None)

    for adversary in adversaries:
        adversary.discriminator.requires_grad_(False)
    outputs, _ = forward(model, images['source'])
    logits = outputs[OutputSpaceAdversary]
    losses = model.decode_head.loss_by_feat(logits, samples['source'])
    sum(value for name, value in losses.items() if 'loss' in name).backward()
    kept = {'source': [visible(a, outputs).detach() for a in adversaries]}
    del outputs, logits, losses

    outputs, score = forward(model, images['target'], attention)
    seen = [visible(a, outputs) for a in adversaries]
    scores = [score if a is attention else a.discriminator(x) for a, x in zip(adversaries, seen, strict=True)]
    sum(a.loss_weight * domain_loss(s, SOURCE, a.kind) for a, s in zip(adversaries, scores, strict=True)).backward()
    kept['target'] = [x.detach() for x in seen]
    del outputs, score, seen, scores

    for i, adversary in enumerate(adversaries):
        adversary.discriminator.requires_grad_(True)
        for domain, label in (('source', SOURCE), ('target', TARGET)):
            loss = domain_loss(adversary.discriminator(kept[domain][i]), label, adversary.kind)
            (adversary.discriminator_weight * loss).backward()

    for optimiser in optimisers:
        optimiser.step()
        optimiser.zero_grad()
