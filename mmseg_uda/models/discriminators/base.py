"""What makes a module a discriminator for the optimiser constructor and the losses."""

from mmengine.model import BaseModule


class BaseDiscriminator(BaseModule):
    """A network that scores locations by domain; its parameters go to ``optim_wrapper.discriminators``.

    A discriminator has no buffers: it is also run with its weights held constant, and that pass would still update the
    running statistics of a BatchNorm or spectral norm. :class:`~mmseg_uda.models.segmentors.UDASegmentor` refuses one
    that has any.
    """
