"""Honest submissions: nothing correct may fail in a worker, and errors are told with the student's own lines."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest

from autograder.jail import Handle, Jail, Limits, Rng, StudentError, Unsupported, WorkerDied


def test_call_returns_plain_values(worker, run):
    run("import numpy as np\ndef step(x, w): return np.tanh(x @ w), (x, w)")
    x, w = np.arange(6.0).reshape(2, 3), np.ones((3, 4))
    result = worker.call("step", (x, w), timeout=5)
    assert type(result) is tuple
    np.testing.assert_array_equal(result[0], np.tanh(x @ w))
    np.testing.assert_array_equal(result[1][0], x)


def test_values_survive_both_ways(worker, run):
    run("def same(x): return x")
    values = [None, True, -3, 2**80, 1.5, "né", [1, (2.0, None)], {"a": [False]}, 1 + 2j, float("inf")]
    assert worker.call("same", (values,), timeout=5) == values
    for dtype in "f8 f4 f2 i8 i4 i2 i1 u1 u8 ? c16 c8".split():
        array = np.arange(6).reshape(2, 3).astype(dtype)
        got = worker.call("same", (array,), timeout=5)
        assert got.dtype == array.dtype and got.shape == array.shape and (got == array).all()
    for shape in ((), (0, 5), (1, 1, 1)):
        assert worker.call("same", (np.zeros(shape),), timeout=5).shape == shape


def test_strange_but_right_results(worker, run):
    run(
        "import numpy as np\n"
        "from collections import namedtuple\n"
        "Pair = namedtuple('Pair', 'a b')\n"
        "def views(x): return np.asfortranarray(x)[::-1][::-1], x.T.T, np.matrix(x), x.astype('>f8')\n"
        "def scalars(): return np.float32(0.5), np.int64(3), np.bool_(True), Pair(1, 2)\n"
        "def odd(): return np, {1, 2}, np.array([None]), {3: 4}, print, np.longdouble(1), np.array(['a'])\n"
    )
    x = np.arange(6.0).reshape(2, 3)
    for got in worker.call("views", (x,), timeout=5):
        assert type(got) is np.ndarray and (got == x).all()
    assert worker.call("scalars", (), timeout=5) == (0.5, 3, True, (1, 2))
    odd = worker.call("odd", (), timeout=5)
    assert [type(value) for value in odd] == [Unsupported] * 5 + [float, Unsupported]
    assert odd[2].type_name == "ndarray of object"


def test_keyword_arguments(worker, run):
    run(
        "def power(x, *, n=2, rng=None): return x ** n + (0 if rng is None else rng.integers(0, 1))\n"
        "class Cell:\n"
        "    def scale(self, x, by=1): return x * by\n"
    )
    assert worker.call("power", (3,), timeout=5) == 9
    assert worker.call("power", (3,), {"n": 3, "rng": Rng(0)}, timeout=5) == 27
    cell = worker.call("Cell", (), keep_whole=True, timeout=5)
    assert worker.call_method(cell, "scale", (2,), {"by": 5}, timeout=5) == 10
    with pytest.raises(StudentError, match="unexpected keyword argument"):
        worker.call("power", (3,), {"m": 3}, timeout=5)


def test_kept_caches(worker, run):
    run("def forward(x): return x * 2, [x]\ndef backward(d, cache): return d * cache.pop()")
    x = np.ones(3)
    out, cache = worker.call("forward", (x,), keep=(1,), timeout=5)
    assert isinstance(cache, Handle)
    assert (worker.call("backward", (out, cache), timeout=5) == 2).all()
    with pytest.raises(StudentError, match="IndexError"):  # this cache can be read once, as in plain Python
        worker.call("backward", (out, cache), timeout=5)
    _, fresh = worker.call("forward", (x,), keep=(1,), timeout=5)
    assert (worker.call("backward", (out, fresh), timeout=5) == 2).all()


def test_handles_inside_lists_alias_the_object(worker, run):
    run("def make(): return [1, []]\ndef use(caches): caches[0].append(5); return len(caches[1])")
    one, cache = worker.call("make", (), keep=(1,), timeout=5)
    assert one == 1
    assert worker.call("use", ([cache, cache],), timeout=5) == 1
    worker.forget(cache)
    with pytest.raises(StudentError):
        worker.call("use", ([cache, cache],), timeout=5)
    assert worker.call("make", (), keep=(1,), timeout=5)[1] != cache


def test_a_function_handed_in_notes_what_it_is_called_with(worker, run):
    run("def train(x, watch=None):\n    for _ in range(2):\n        x += 1\n        watch and watch({'x': x}, x.sum())")
    watch = worker.recorder(timeout=5)
    assert worker.call("train", (np.zeros(3),), {"watch": watch}, timeout=5) is None
    (first, one), (second, two) = worker.get_attribute(watch, "notes")
    assert (first["x"] == 1).all() and (second["x"] == 2).all() and (one, two) == (3, 6)


def test_objects(worker, run):
    run(
        "import numpy as np\n"
        "class Cell:\n"
        "    def __init__(self, H, rng): self.W = rng.standard_normal((H, H)); self.h = np.zeros(H)\n"
        "    def forward(self, x): self.h = np.tanh(self.W @ self.h + x); return self.h\n"
    )
    cell = worker.call("Cell", (3, Rng(7)), keep_whole=True, timeout=5)
    weights = worker.get_attribute(cell, "W")
    np.testing.assert_array_equal(weights, np.random.default_rng(7).standard_normal((3, 3)))
    worker.set_attribute(cell, "W", np.zeros((3, 3)))
    np.testing.assert_array_equal(worker.call_method(cell, "forward", (np.ones(3),), timeout=5), np.tanh(np.ones(3)))
    assert isinstance(worker.call("Cell", (3, Rng(7)), timeout=5), Unsupported)
    with pytest.raises(StudentError, match="AttributeError"):
        worker.get_attribute(cell, "missing")


def test_has(worker, run):
    run("x = 1")
    assert worker.has("x") and not worker.has("y")


def test_namespace_is_a_notebooks(worker, run):
    run(
        "import sys, dataclasses, pickle\n"
        "assert __name__ == '__main__' and sys.modules['__main__'].__dict__ is globals()\n"
        "@dataclasses.dataclass\nclass A:\n    x: int = 1\n"
        "assert pickle.loads(pickle.dumps(A())) == A()\n"
        "display(A())\n"
    )
    run("import os; assert os.environ['UNROLL_GRADING'] == '1' and len(os.environ) < 24, os.environ")


def test_nothing_of_the_graders_environment(monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "s3cret")
    with Jail(allow_none=True) as fresh, fresh.spawn() as worker:
        assert worker.run_cell("import os\nassert 's3cret' not in str(os.environ)", "c", timeout=5).ok


def test_errors_carry_only_the_students_lines(worker, run):
    run("import numpy as np\n\ndef outer(x):\n    return inner(x)\n\ndef inner(x):\n    return np.ones(2) @ x\n")
    with pytest.raises(StudentError) as caught:
        worker.call("outer", (np.ones(3),), timeout=5)
    assert caught.value.kind == "ValueError"
    assert caught.value.lines == (
        ("cell 1", 4, "    return inner(x)", "outer"),
        ("cell 1", 7, "    return np.ones(2) @ x", "inner"),
    )


def test_errors_of_cells(worker):
    outcome = worker.run_cell("x = 1\ny = = 2\n", "cell 7", timeout=5)
    assert not outcome.ok and outcome.error.kind == "SyntaxError"
    assert outcome.error.lines[-1][:3] == ("cell 7", 2, "y = = 2")
    outcome = worker.run_cell("print('before')\nraise ValueError('x' * 10**6)", "cell 8", timeout=5)
    assert outcome.stdout == "before\n" and len(outcome.error.message) == 2000
    assert worker.run_cell("import sys; sys.exit(0)", "cell 9", timeout=5).error.kind == "SystemExit"
    assert worker.run_cell("input('name?')", "cell 10", timeout=5).error.kind == "RuntimeError"
    with pytest.raises(StudentError, match="Undefined: nothing is not defined"):
        worker.call("nothing", (), timeout=5)
    with pytest.raises(StudentError, match="TypeError"):
        worker.run_cell("def f(x): pass", "cell 11", timeout=5)
        worker.call("f", (1, 2), timeout=5)


def test_ipython_syntax(worker, run):
    out = run(
        "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n!pip install torch\n"
        "files = !ls\nassert files == []\n%time y = 3\nassert y == 3\nget_ipython().ast_node_interactivity('all')\n"
    ).stdout
    assert out.count("is skipped when grading") == 6
    run("%%time\nz = 5\n")
    run("%%timeit\nraise ValueError\n")
    assert worker.has("z")
    error = worker.run_cell("%%time\nz = 5\n1/0\n", "timed", timeout=5).error
    assert error.lines[-1][:3] == ("timed", 3, "1/0")


def test_last_expression_is_not_shown(run):
    assert run("1 + 1").stdout == ""


def test_printing_is_kept_for_cells_and_harmless_in_calls(worker, run):
    outcome = run("import sys, warnings\nprint('out')\nprint('err', file=sys.stderr)\nwarnings.warn('careful')")
    assert outcome.stdout == "out\n" and outcome.stderr.startswith("err\n") and "careful" in outcome.stderr
    run("import os\ndef loud(x):\n    print('y' * 100_000)\n    os.write(2, b'\\x00\\xff' * 50_000)\n    return x")
    assert worker.call("loud", (3,), timeout=5) == 3
    assert run("print('\\ud800')").stdout == "\\ud800\n"
    assert len(run("print('z' * 200_000)").stdout) == Limits().kept


def test_a_closed_or_replaced_stdout(worker, run):
    run("import sys, os\nsys.stdout = None")
    run("sys.stdout = open(os.devnull, 'w'); sys.stderr.close()")
    run("os.close(1)")
    assert worker.has("os")


def test_libraries_work(jail, run):
    run("import numpy as np; a = np.random.randn(200, 200); np.linalg.svd(a); np.einsum('ij,jk', a, a)")
    run("import matplotlib.pyplot as plt, io\nplt.plot([1]); plt.title('$x^2$'); plt.savefig(io.BytesIO()); plt.show()")
    run("from concurrent.futures import ThreadPoolExecutor as T; assert list(T(4).map(abs, [-1, -2])) == [1, 2]")
    run("import pickle, json, datetime, time, random, logging, statistics, urllib.parse; time.sleep(0.01)")
    run("from IPython.display import HTML, display; display(HTML('<b>x</b>'))")
    run("from tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass")
    run("import unroll")
    if jail.level != "landlock":  # which has no writable folder
        run("import h5py\nwith h5py.File('f.h5', 'w') as f: f['x'] = np.ones(9)\nassert h5py.File('f.h5')['x'][3] == 1")
        run("import tempfile; tempfile.TemporaryFile().write(b'x'); np.save('a.npy', a); plt.savefig('a.png')")


def test_changed_arguments_stay_in_the_worker(worker, run):
    run("def spoil(x): x[...] = 0; return x")
    x = np.ones(3)
    assert (worker.call("spoil", (x,), timeout=5) == 0).all() and (x == 1).all()


def test_large_arguments_and_results(worker, run):
    run("def same(x): return x")
    x = np.random.default_rng(0).standard_normal(4_000_000)
    assert (worker.call("same", (x,), timeout=20) == x).all()


def test_caller_mistakes_do_not_disturb_the_worker(worker, run):
    run("def same(x): return x")
    with pytest.raises(TypeError):
        worker.call("same", (object(),), timeout=5)
    assert worker.call("same", (1,), timeout=5) == 1


def test_cells_have_a_total_time():
    with Jail(allow_none=True, cells_seconds=0.5) as short, short.spawn() as worker:
        assert worker.run_cell("import time; time.sleep(0.3)", "a", timeout=5).ok
        with pytest.raises(WorkerDied) as caught:
            worker.run_cell("time.sleep(0.3)", "b", timeout=5)
        assert caught.value.kind == "timeout"


def _double(number):
    with Jail(allow_none=True) as jail, jail.spawn() as worker:
        worker.run_cell("def double(x): return 2 * x", "c", timeout=10)
        return worker.call("double", (number,), timeout=10)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_jails_in_parallel_processes(method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(_double, [21, 4]) == [42, 8]


def test_workers_draw_numbers_of_their_own(jail):
    drawn = set()
    for _ in range(2):
        with jail.spawn() as worker:
            worker.run_cell(
                "import random, numpy as np\ndef f(): return np.random.rand(), random.random()", "c", timeout=5
            )
            drawn.update(worker.call("f", (), timeout=5))
    assert len(drawn) == 4
