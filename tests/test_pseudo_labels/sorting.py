"""The selectors' rules evaluated plainly: keep every confidence and sort. The reference of the tests."""

import numpy as np


def listed(prob: np.ndarray, stride: int = 1) -> list[np.ndarray]:
    """Per class, the float32 confidences of its pixels, image after image in row-major order."""
    label, confidence = prob.argmax(1), prob.max(1)
    return [
        np.concatenate([conf[lab == c][::stride] for lab, conf in zip(label, confidence, strict=True)])
        for c in range(prob.shape[1])
    ]


def dast(prob, portion, cap, stride):
    """Thresholds float32 [C] and labels uint8 [N,H,W]."""
    thresholds = np.ones(prob.shape[1], np.float32)
    for c, values in enumerate(listed(prob, stride)):
        rank = int(np.floor(len(values) * portion))
        if rank:
            thresholds[c] = min(np.float32(cap), np.sort(values)[::-1][rank - 1])
    ratio = prob / thresholds[None, :, None, None]
    label = ratio.argmax(1).astype(np.uint8)
    label[ratio.max(1) < 1] = 255
    return thresholds, label


def bdl(prob, portion, cap):
    """Thresholds float64 [C] and labels uint8 [N,H,W]."""
    thresholds = np.zeros(prob.shape[1])
    for c, values in enumerate(listed(prob)):
        if len(values):
            index = min(int(np.round(len(values) * portion)), len(values) - 1)
            thresholds[c] = min(np.sort(values.astype(np.float64))[index], cap)
    label = prob.argmax(1).astype(np.uint8)
    label[prob.max(1) < thresholds[label]] = 255
    return thresholds, label


def pixintrada(prob, alpha, median='bdl', cap=0.9, absent=None):
    """Thresholds t_k float64 [C] and labels uint8 [N,H,W], 255 = hard."""
    thresholds = np.full(prob.shape[1], cap if absent is None else absent)
    label, confidence = prob.argmax(1), prob.max(1).astype(np.float64)
    for c in range(prob.shape[1]):
        values = np.sort(confidence[label == c])
        if len(values):
            value = values[int(np.round(len(values) * 0.5))] if median == 'bdl' else np.median(values)
            thresholds[c] = min(value, cap)
    return thresholds, pixintrada_labels(prob, alpha, thresholds)


def pixintrada_labels(prob, alpha, thresholds):
    """Eq. 2 and 3 with thresholds t_k [C]."""
    passing = np.where(prob > alpha * thresholds[None, :, None, None], prob, -1)
    label = passing.argmax(1).astype(np.uint8)
    label[passing.max(1) < 0] = 255
    return label


def ias(prob, alpha, beta, gamma, rounding=True):
    """Thresholds float64 [N,C] after each image, and labels uint8 [N,H,W]."""
    current, thresholds = np.full(prob.shape[1], 0.9), []
    labels = prob.argmax(1).astype(np.uint8)
    for label, confidence in zip(labels, prob.max(1), strict=True):
        tmp = np.zeros(prob.shape[1], np.float32 if rounding else np.float64)
        for c in range(prob.shape[1]):
            values = confidence[label == c].astype(np.float16 if rounding else np.float64)
            listed = np.array([current[c], *values])
            tmp[c] = np.percentile(listed, 100 * (1 - alpha * current[c] ** gamma))
        current = beta * current + (1 - beta) * tmp
        current[current >= 1] = 0.999
        thresholds.append(current)
        label[confidence < current[label]] = 255
    return np.array(thresholds), labels


def top_portion(prob, portion):
    """Threshold of all pixels, and labels uint8 [N,H,W]."""
    confidence = prob.max(1)
    rank = int(np.floor(confidence.size * portion))
    threshold = np.sort(confidence.ravel())[::-1][rank - 1] if rank else np.inf
    label = prob.argmax(1).astype(np.uint8)
    label[confidence < threshold] = 255
    return threshold, label


def near(prob, thresholds, margin=1e-6):
    """Pixels [N,H,W] whose confidence is within ``margin`` of the threshold: where streaming may differ."""
    thresholds = np.broadcast_to(np.asarray(thresholds, np.float64), prob.shape[1])
    return np.abs(prob.max(1) - thresholds[prob.argmax(1)]) < margin


def near_weighted(prob, thresholds, margin=1e-6):
    """The same for DAST: one of the two best ratios p_c / tau_c would be another's, or cross 1, if tau_c moved by
    ``margin``.
    """
    thresholds = np.asarray(thresholds, np.float64)[None, :, None, None]
    best = np.sort(prob / thresholds, axis=1)
    shift = 2 * margin / thresholds.min() * best[:, -1]
    return (best[:, -1] - best[:, -2] < shift) | (np.abs(best[:, -1] - 1) < shift)


def near_any(prob, thresholds, margin=1e-6):
    """The same for PixIntraDA: pixels any of whose probabilities is within ``margin`` of a threshold."""
    return (np.abs(prob - np.asarray(thresholds)[None, :, None, None]) < margin).any(1)
