from .adversarial import SOURCE, TARGET, attention_weighted_loss, domain_loss
from .cosine_similarity import cosine_similarity_loss
from .cycle_association import cycle_association_loss
from .entropy import entropy_loss
from .feature_distance import cell_labels, masked_feature_distance
from .inter_pixel import inter_pixel_loss
from .intra_domain import (
    cts_discriminator_loss,
    cts_segmentor_loss,
    pla_discriminator_loss,
    pla_printed_losses,
    pla_segmentor_loss,
)
from .label_smoothing import adaptive_label_smoothing_loss
from .lovasz import lovasz_softmax_loss
from .maximum_squares import image_wise_maximum_squares_loss, maximum_squares_loss
from .pseudo_label import pseudo_label_loss
from .regularization import kld_loss, masked_entropy_loss, soft_label_loss
from .weighted_cross_entropy import weighted_cross_entropy

__all__ = [
    'SOURCE',
    'TARGET',
    'adaptive_label_smoothing_loss',
    'attention_weighted_loss',
    'cell_labels',
    'cosine_similarity_loss',
    'cts_discriminator_loss',
    'cts_segmentor_loss',
    'cycle_association_loss',
    'domain_loss',
    'entropy_loss',
    'image_wise_maximum_squares_loss',
    'inter_pixel_loss',
    'kld_loss',
    'lovasz_softmax_loss',
    'masked_entropy_loss',
    'masked_feature_distance',
    'maximum_squares_loss',
    'pla_discriminator_loss',
    'pla_printed_losses',
    'pla_segmentor_loss',
    'pseudo_label_loss',
    'soft_label_loss',
    'weighted_cross_entropy',
]
