"""The child processes of tests are processes like others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import children
import pytest
from children import PIPE, Child, run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="forks are of POSIX")


def test_a_child_has_arguments_environment_folder_and_streams_of_its_own(tmp_path):
    program = "import os, sys; print(__name__, sys.argv[1:], os.environ['COLOUR'], os.getcwd(), os.getpid(), input())"
    with Child(program, "one", 2, stdin=PIPE, cwd=tmp_path, environment={"COLOUR": "blue"}) as child:
        out, err = child.communicate("given\n")
    assert out == f"__main__ ['one', '2'] blue {tmp_path} {child.pid} given\n"
    assert (child.returncode, err) == (0, "")
    assert child.pid != os.getpid()


@pytest.mark.parametrize(
    ("program", "code", "out", "err"),
    [
        ("import atexit; atexit.register(print, 'late', end=''); raise SystemExit(7)", 7, "late", ""),
        ("import sys; print('half', end=''); sys.exit('refused')", 1, "half", "refused"),
        ("1/0", 1, "", "ZeroDivisionError: division by zero"),
        ("import os; os.kill(os.getpid(), 9)", -9, "", ""),
        ("import os; os.kill(os.getpid(), 2)", -2, "", "KeyboardInterrupt"),
        ("import threading; threading.Timer(0.01, print, ['waited'], {'end': ''}).start()", 0, "waited", ""),
    ],
)
def test_a_child_ends_as_an_interpreter_does(program, code, out, err):
    done = run(program)
    assert (done.returncode, done.stdout, done.stderr.strip().rpartition("\n")[2]) == (code, out, err)


def test_a_child_can_be_waited_for_and_ended():
    with Child("print('on', flush=True); input()", stdin=PIPE) as child:
        assert child.stdout.readline() == "on\n"
        assert child.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0)
        child.terminate()
        assert child.wait() == -signal.SIGTERM
    with Child("input()", stdin=PIPE) as child:
        pass
    assert child.returncode == -signal.SIGKILL


def test_what_children_are_forked_from_has_no_thread_and_no_connection():
    program = """
import os, threading
from jobtype_toolkit.store.connection import CONFIG
names = [os.readlink(f"/proc/self/fd/{one}") for one in (3, 4, 5) if os.path.exists(f"/proc/self/fd/{one}")]
print(len(os.listdir("/proc/self/task")), threading.active_count(), names, CONFIG["threads"])
"""
    if not Path("/proc/self/task").exists():
        pytest.skip("there is no /proc")
    assert run(program).stdout == "1 1 [] 1\n"


@pytest.mark.soak
def test_children_end_with_who_started_them():
    program = f"""
import sys; sys.path.insert(0, {str(Path(children.__file__).parent)!r})
from children import Child
child = Child("import signal; print('on', flush=True); signal.pause()", stdout=None)
child.wait()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=PIPE, text=True) as starter:
        assert starter.stdout.readline() == "on\n"
        starter.kill()
        assert starter.stdout.read() == ""  # nobody holds the other end any more
