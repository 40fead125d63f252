"""Discriminator attention: DAST, Yu et al., AAAI 2021, "Discriminator Attention" (the discoverer).

https://github.com/yufei1900/DAST_segmentation
"""

from mmseg.registry import MODELS
from torch import Tensor

from ..domain_output import DomainOutput
from ..ops import attend, discriminator_attention
from .feature_adversary import FeatureAdversary


@MODELS.register_module()
class DiscriminatorAttention(FeatureAdversary):
    """A feature adversary whose score also reweights target features, ``f' = f + |tanh(D(f))| * f``.

    Applied to target images in training and at test (so the discriminator is part of the model), never to source
    images. Gradients of the segmentor's losses flow through the attention into ``f``; the discriminator gets none of
    them. Arguments are those of :class:`FeatureAdversary`.
    """

    def refine_tap(self, feature: Tensor, output: DomainOutput) -> Tensor:
        """Attend to poorly aligned locations of target features."""
        if output.domain != 'target':
            return feature
        score = self.score(feature)
        attention = discriminator_attention(score)
        output.store[self.name] = dict(score=score, attention=attention)
        return attend(feature, attention)

    def target_score(self, target: DomainOutput) -> Tensor:
        """The score that the attention was made of."""
        return target.store[self.name]['score']
