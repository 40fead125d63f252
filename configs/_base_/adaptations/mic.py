"""MIC: predictions on masked target images follow a teacher that sees them whole. DAFormer's teacher, or one alone."""

mic = dict(
    adaptations=dict(
        teacher=dict(type='EMATeacher', alpha=0.999, threshold=0.968),
        # For images at full resolution; block=32 at half of it.
        masked=dict(type='MaskedImageConsistency', ratio=0.7, block=64),
    )
)
