"""What a port of DAFormer easily gets wrong, as adaptations for daformer_details.py. Not for use otherwise."""

import torch
from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.models.adaptations import ClassMix, EMATeacher
from mmseg_uda.models.ops import StrongAugmentation
from mmseg_uda.models.ops.strong_augmentation import adjust_hue

GRAY = (0.2989, 0.587, 0.114)
RESUMED_AT = 200


@MODELS.register_module()
class EvalTeacher(EMATeacher):
    """In eval mode: normalizes with the running statistics of the network, not with those of the batch."""

    def train(self, mode: bool = True) -> 'EvalTeacher':
        """Set the mode of everything but the teacher."""
        super().train(mode)
        self.teacher.eval()
        return self


@MODELS.register_module()
class RestartedTeacher(EMATeacher):
    """Copied anew from the network halfway, with its ramp, as by a resumed run of the released code."""

    def prepare(self, segmentor, source, target) -> None:
        """Forget how many updates there were."""
        if int(self.teacher.steps) == RESUMED_AT:
            self.teacher.steps.zero_()
        super().prepare(segmentor, source, target)


@MODELS.register_module()
class SharePerImage(EMATeacher):
    """One share of sure pixels for each image, not for the batch."""

    def prepare(self, segmentor, source, target) -> None:
        """Weigh each image by its own share; labels and left-out pixels stay as they are."""
        shares = []
        hook = self.teacher.register_forward_hook(
            lambda _, __, logits: shares.append(self._shares(segmentor, logits, target))
        )
        try:
            super().prepare(segmentor, source, target)
        finally:
            hook.remove()
        stored = target.store[self.name]
        stored['weights'] = (stored['weights'] > 0) * shares[0].view(-1, 1, 1)

    def _shares(self, segmentor, logits: Tensor, target) -> Tensor:
        probability = segmentor.upsample(logits, target.inputs.shape[2:]).softmax(dim=1).amax(dim=1)
        return (probability >= self.threshold).to(probability).mean(dim=(1, 2))


@MODELS.register_module()
class MixAndTarget(ClassMix):
    """The network runs on plain target images too, whose statistics BatchNorm then sees."""

    forwards = ('source', 'target')


@MODELS.register_module()
class MixOverLabeled(ClassMix):
    """A mean over the pixels that have a label and a weight, not over all."""

    def mix(self, source, target, draws) -> tuple[Tensor, Tensor, Tensor]:
        """Larger weights come to the same."""
        images, labels, weights = super().mix(source, target, draws)
        counted = (labels != 255) & (weights > 0)
        return images, labels, weights / counted.to(weights).mean().clamp(min=1e-6)


class TorchvisionJitter(StrongAugmentation):
    """Brightness multiplied, contrast and saturation blended with gray, as in torchvision and kornia from 0.6.4."""

    def _jitter(self, images: Tensor, draws) -> Tensor:
        mean, std, factors = (value.to(images) for value in (self.mean, self.std, draws.factors))
        jittered = []
        for image, factor, order in zip((images * std + mean) / 255, factors, draws.order, strict=True):
            image = image[None].clamp(0, 1)
            for place in order:
                image = self._adjust(place, image, factor[place])
            jittered.append(image)
        return (torch.cat(jittered) * 255 - mean) / std

    @staticmethod
    def _adjust(place: int, image: Tensor, factor: Tensor) -> Tensor:
        if place == 3:
            return adjust_hue(image, factor)
        gray = (image * image.new_tensor(GRAY).view(1, 3, 1, 1)).sum(1, keepdim=True)
        other = (torch.zeros_like(gray), gray.mean(), gray)[place]
        return (factor * image + (1 - factor) * other).clamp(0, 1)


@MODELS.register_module()
class MixOtherJitter(ClassMix):
    """The jitter of another library under the same name."""

    def setup(self, segmentor) -> None:
        """Take the normalization."""
        super().setup(segmentor)
        own = self.augment
        self.augment = TorchvisionJitter(own.mean, own.std, own.strength, own.jitter_above, own.blur_above, own.sigma)
