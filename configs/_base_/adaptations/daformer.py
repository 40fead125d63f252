"""DAFormer: a teacher, mixed images with half of the batch's classes, features that stay near ImageNet's."""

daformer = dict(
    adaptations=dict(
        teacher=dict(type='EMATeacher', alpha=0.999, threshold=0.968),
        # The released code draws from the classes of the whole batch (classes_from='image': of each image).
        mix=dict(type='ClassMix', classes_from='batch'),
        feature_distance=dict(type='FeatureDistance', min_share=0.75, loss_weight=0.005),
    )
)
