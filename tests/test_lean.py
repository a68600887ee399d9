import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = """
import gc, sys
from simulator.lean import quick_start
with quick_start():
    assert not gc.isenabled()
    from simulator.runner import run
assert gc.isenabled() and gc.get_freeze_count()
assert 'scipy.linalg' not in sys.modules
import numba, numpy as np
covariance = numba.njit(lambda x: np.cov(x))(np.array([[1.0, 2.0, 4.0], [1.0, 3.0, 2.0]]))
assert np.allclose(covariance, np.cov([[1.0, 2.0, 4.0], [1.0, 3.0, 2.0]]))
assert np.isclose(numba.njit(lambda x: np.dot(x, x))(np.arange(3.0)), 5.0)
"""


def test_a_quick_start_leaves_out_scipy_and_takes_nothing_from_plugins():
    found = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 (our own code)
    assert not found.returncode, found.stderr
