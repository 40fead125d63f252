from .adversarial import SOURCE, TARGET, domain_loss
from .attention import attend, discriminator_attention
from .entropy import entropy_loss, self_information
from .inter_pixel import inter_pixel_loss, self_attend
from .intra_domain import (
    cts_discriminator_loss,
    cts_segmentor_loss,
    domain_index,
    pla_discriminator_loss,
    pla_printed_losses,
    pla_segmentor_loss,
)
from .pseudo_label import pseudo_label_loss

__all__ = [
    'SOURCE',
    'TARGET',
    'attend',
    'cts_discriminator_loss',
    'cts_segmentor_loss',
    'discriminator_attention',
    'domain_index',
    'domain_loss',
    'entropy_loss',
    'inter_pixel_loss',
    'pla_discriminator_loss',
    'pla_printed_losses',
    'pla_segmentor_loss',
    'pseudo_label_loss',
    'self_attend',
    'self_information',
]
