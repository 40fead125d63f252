"""DACS: a teacher labels, half of each source image's classes are pasted on the target images."""

dacs = dict(
    adaptations=dict(
        teacher=dict(type='EMATeacher', alpha=0.99, threshold=0.968, ramp=0),
        mix=dict(type='ClassMix', classes_from='image', augmentation=dict(strength=0.25)),
    )
)
