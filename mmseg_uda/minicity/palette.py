"""Colours: what the game paints things in, what the camera sees, and mixtures of the two."""

import numpy as np

from .canvas import Colour

GAME = {
    'sky high': '3f79cf 4a86d8 2f69c4',
    'sky low': 'b9dbf4 c9e3f6 a9d0f0',
    'cloud': 'f4f8fc ffffff',
    'asphalt': '4d4a55 565361 474350 5a544f',
    'lane': 'f2f2ee e8e8dc',
    'paving': 'b3aba4 bfb4a8 a89f9b c0a99c',
    'kerb': 'cfcac4 c4bfb8',
    'grass': '5da32e 6bb53a 4f9a36 8aa83c',
    'facade': 'd9722e c8502f e0b45a e8d9a8 7fb0d8 c9896a d8cdb8 a84532 94a8c8 e3a08a',
    'shop': '9c4a3c 3f6a8c 5a5a64 c9a24a 3d8265',
    'glass': '2f4f7a 37608f 274468',
    'awning': 'd8342c 2c6fd0 e8b022 2fa05a',
    'stone': 'a5744f b58a66 93857c a06048',
    'fence': 'c99a74 b88a62 8a5a3c d0b08c',
    'leaf': '2f9e28 3bb130 268a24 57b83a',
    'bark': '6a4526 7a5430',
    'pole': '7d8794 6b747f 8f98a3',
    'housing': '22262c 2c3036',
    'sign': 'e01f26 1f58d6 f4c413',
    'plate': 'f6f6f6 f0f0e4',
    'skin': 'e8b48c c98a5e 8a5a3c f0c8a4',
    'hair': '3a2618 15110e c8963c 6a3a1c',
    'cloth': 'd8262c 2458d0 20a050 e8c020 f0f0f0 8a2cb8 e87818 20b0c0',
    'trousers': '20305a 3c3c44 8a6c3c b82c2c d8b428',
    'car': 'e02428 f0b818 1e62d8 149048 f2f2f2 f07818 18b0c0 303038',
    'truck': '2a64d8 e8e8ec d8382c e89820 34a058',
    'bus': 'e83028 f08c10 f4c018 d82c6c',
    'train': '28a070 2c8cb0 38b88c 2a70a0',
    'tyre': '17171a 1e1e22',
    'cycle': 'e02c24 2464d8 20a858 f0b020',
    'bin': '4a6a3a 5a6470 80542c',
    'bonnet': '2c3a5c 5a2c2c 2c2c34',
}

CAMERA = {
    'sky high': 'b9c0c6 a9b4c2 c8cacb',
    'sky low': 'd8dadb d0d4d8 dfddd8',
    'cloud': 'e4e6e8 d8dbde',
    'asphalt': '626563 6c6c68 5a5f62 706a64',
    'lane': 'bdbdb6 b0afa6',
    'paving': '83827e 8c8780 777a7b 908478',
    'kerb': '979590 8d8c89',
    'grass': '6a6e48 75704c 5c6646 858058',
    'facade': '8f8578 a0907c 77756f b0a594 857068 9a9a94 6c6660 a8988c 8a8d90 98877a',
    'shop': '5c5652 4c5258 4a4a4c 746a5a 505a54',
    'glass': '3c4448 465056 32383c',
    'awning': '8a4a44 4a5a78 98845a 566a5a',
    'stone': '857a70 908478 787470 80705f',
    'fence': '84786c 767068 5f564e 948878',
    'leaf': '3f4f34 4a5a3a 36452e 5a6440',
    'bark': '4c443a 584e42',
    'pole': '6e7072 606264 7c7e80',
    'housing': '2a2a2a 343432',
    'sign': 'a83a3c 3c5a98 c0a03c',
    'plate': 'c8c8c4 bcbcb0',
    'skin': 'b8967e 9c7a62 705648 c4a690',
    'hair': '3a322c 1e1c1a 8c7a5c 50402f',
    'cloth': '5c4248 3c4860 4c5a50 8a8268 a4a4a0 4a4256 6e5848 4a6468',
    'trousers': '343a48 3a3a3c 5c5448 4c3c3c 6e6450',
    'car': '6a3a3a 8c8c88 3c4a60 44524a b8b8b6 5a5450 50606a 28282c',
    'truck': '505a70 a8a8a6 74504a 8a7458 5a6a5e',
    'bus': '8c4a44 946a40 a08c54 7a4a5a',
    'train': '55706a 506878 688a80 4c5c70',
    'tyre': '1c1c1c 242424',
    'cycle': '5a3c3a 3c4658 40504a 6e6244',
    'bin': '4a4e44 55585a 5c5246',
    'bonnet': '3a3c40 44403e 2c2e30',
}


def _rgb(text: str) -> np.ndarray:
    """'ff0000 00ff00' -> (2, 3) float, 0..255."""
    return np.array([list(bytes.fromhex(word)) for word in text.split()], float)


_GAME = {name: _rgb(text) for name, text in GAME.items()}
_CAMERA = {name: _rgb(text) for name, text in CAMERA.items()}


def shade(colour: Colour, factor: float) -> Colour:
    """The colour under ``factor`` >= 0 times the light, at most 255."""
    r, g, b = colour
    return min(255.0, r * factor), min(255.0, g * factor), min(255.0, b * factor)


class Palette:
    """Draw colours of materials.

    Args:
        rng: source of the choices.
        mix: 0 gives the game's colours, 1 the camera's, between them a blend.
        jitter: standard deviation of the brightness of each drawn colour, relative.
    """

    def __init__(self, rng: np.random.Generator, mix: float, jitter: float = 0.06):
        self.rng = rng
        self.mix = mix
        self.jitter = jitter

    def pick(self, material: str, light: float = 1.0) -> Colour:
        """One RGB colour (0..255) of ``material``, multiplied by ``light``."""
        game, camera = _GAME[material], _CAMERA[material]
        # both looks choose by the same number, so a scene keeps its variety whatever the mix
        u, brightness = self.rng.random(), 1 + self.jitter * self.rng.standard_normal()
        a, b = game[int(u * len(game))], camera[int(u * len(camera))]
        return shade(tuple(a + self.mix * (b - a)), light * max(brightness, 0.0))
