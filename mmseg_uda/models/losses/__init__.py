from .adversarial import SOURCE, TARGET, domain_loss
from .attention import attend, discriminator_attention
from .cosine_similarity import cosine_similarity_loss
from .cycle_association import cycle_association_loss, find_cycles, nearest_labels
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
from .label_smoothing import adaptive_label_smoothing_loss
from .lovasz import lovasz_softmax_loss
from .maximum_squares import image_wise_maximum_squares_loss, maximum_squares_loss
from .pseudo_label import pseudo_label_loss
from .regularisation import kld_loss, masked_entropy_loss, soft_label_loss
from .spatial_aggregation import aggregate_spatially

__all__ = [
    'SOURCE',
    'TARGET',
    'adaptive_label_smoothing_loss',
    'aggregate_spatially',
    'attend',
    'cosine_similarity_loss',
    'cts_discriminator_loss',
    'cts_segmentor_loss',
    'cycle_association_loss',
    'discriminator_attention',
    'domain_index',
    'domain_loss',
    'entropy_loss',
    'find_cycles',
    'image_wise_maximum_squares_loss',
    'inter_pixel_loss',
    'kld_loss',
    'lovasz_softmax_loss',
    'masked_entropy_loss',
    'maximum_squares_loss',
    'nearest_labels',
    'pla_discriminator_loss',
    'pla_printed_losses',
    'pla_segmentor_loss',
    'pseudo_label_loss',
    'self_attend',
    'self_information',
    'soft_label_loss',
]
