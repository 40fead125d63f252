from .adversarial import SOURCE, TARGET, domain_loss
from .attention import attend, discriminator_attention
from .entropy import entropy_loss, self_information
from .pseudo_label import pseudo_label_loss

__all__ = [
    'SOURCE',
    'TARGET',
    'attend',
    'discriminator_attention',
    'domain_loss',
    'entropy_loss',
    'pseudo_label_loss',
    'self_information',
]
