"""Mix Transformers (Xie et al., SegFormer, NeurIPS 2021) with the settings of DAFormer's lineage."""

from mmseg.models import MixVisionTransformer
from mmseg.registry import MODELS
from torch import nn

from mmseg_uda.errors import choice

SIZES = dict(
    b0=dict(embed_dims=32, num_layers=(2, 2, 2, 2)),
    b1=dict(embed_dims=64, num_layers=(2, 2, 2, 2)),
    b2=dict(embed_dims=64, num_layers=(3, 4, 6, 3)),
    b3=dict(embed_dims=64, num_layers=(3, 4, 18, 3)),
    b4=dict(embed_dims=64, num_layers=(3, 8, 27, 3)),
    b5=dict(embed_dims=64, num_layers=(3, 6, 40, 3)),
)
EPSILON_OF_OTHER_NORMS = 1e-5


def _without_weights(attention: nn.MultiheadAttention, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    return args, {**kwargs, 'need_weights': False}


@MODELS.register_module()
class MiT(MixVisionTransformer):
    """MMSeg's Mix Transformer with the epsilons and the drop path of the released networks.

    Maps of attention, pixels by keys, are not made: MMSeg asks torch for them, which costs memory and time, and drops
    them.

    Levels have strides 4, 8, 16 and 32, and ``embed_dims`` times ``num_heads`` channels: 64, 128, 320 and 512 for b1 to
    b5, half of it for b0. Weights of SegFormer, MMSeg, DAFormer, HRDA and MIC come by
    ``tools/model_converters/convert_weights.py``.

    Args:
        size: ``'b0'`` to ``'b5'``; None: what ``kwargs`` say.
        drop_path_rate: Of the last block, growing linearly from 0 at the first; MMSeg's default is 0.
        released_epsilon: Norms of patch embeddings and of the attention's reduced keys have an epsilon of 1e-5, as in
            the released code; False: 1e-6 like all others, as in MMSeg.
        kwargs: Arguments of :class:`mmseg.models.MixVisionTransformer`.
    """

    def __init__(
        self,
        size: str | None = None,
        num_heads: tuple[int, ...] = (1, 2, 5, 8),
        drop_path_rate: float = 0.1,
        released_epsilon: bool = True,
        **kwargs,
    ) -> None:
        if size is not None:
            kwargs = {**SIZES[choice('MiT: size', size, SIZES)], **kwargs}
        super().__init__(num_heads=num_heads, drop_path_rate=drop_path_rate, **kwargs)
        for embedding, blocks, _ in self.layers:
            if released_epsilon:
                embedding.norm.eps = EPSILON_OF_OTHER_NORMS
            for block in blocks:
                block.attn.attn.register_forward_pre_hook(_without_weights, with_kwargs=True)
                if released_epsilon and block.attn.sr_ratio > 1:
                    block.attn.norm.eps = EPSILON_OF_OTHER_NORMS
