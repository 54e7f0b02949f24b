"""One thread inside the libraries that fit models: several would sum in another order each time. Not here: what is fitted."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Loads the libraries, and holds them to one thread each. Threads of ours may run within."""
    # A limit holds only for libraries that are loaded when it is set; and two threads that first import one package at once can see it
    # half made.
    import sklearn.linear_model
    import sklearn.svm
    import sklearn.utils.extmath  # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        yield
