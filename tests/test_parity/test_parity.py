import pytest

from tests.test_parity.parity import assert_close, cases, recipe_state_dict


@pytest.mark.parametrize('file', ['deeplabv2_r101.npz', 'fcn8s_vgg16.npz'])
def test_recipe_reproduces_the_stored_samples(file):
    for case in cases(file):
        state = case.recipe_state_dict()
        assert list(state) == [str(key) for key in case['sd_keys']]


@pytest.mark.parametrize('case', cases('adaptseg.npz'), ids=str)
def test_recipe_prefix_outside_the_key(case):
    state = recipe_state_dict(case['sd_keys'], case['sd_shapes'], prefix='D1.')
    assert_close(state['conv1.weight'].flatten()[:6], case['chk0_vals'], rtol=0)


@pytest.mark.parametrize('case', cases('dast_attention.npz'), ids=str)
def test_recipe_prefix_of_a_module_list(case):
    assert 'conv1.weight' in case.recipe_state_dict('0.')


def test_assert_close_can_fail():
    assert_close([1.0, 2.0], [1.0, 2.0], rtol=1e-9)
    with pytest.raises(AssertionError):
        assert_close([1.0, 2.1], [1.0, 2.0], rtol=1e-2)
    with pytest.raises(AssertionError):
        assert_close([1e-3, 2.0], [1.1e-3, 2.0], rtol=1e-3, scale='elementwise')
    with pytest.raises(AssertionError):
        assert_close([[1.0]], [1.0], rtol=1)
