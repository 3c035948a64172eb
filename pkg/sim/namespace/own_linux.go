package namespace

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// ownVariable names the test that a process runs in a namespace of its own.
const ownVariable = "BREEZEWAY_TEST_NAMESPACE"

// Own runs the calling test, or subtest, again in a process with a network namespace of its
// own, in which loopback alone is up, and reports whether this is that process.
// The process goes without the capabilities given. Only root may have one.
func Own(t *testing.T, without ...uintptr) bool {
	t.Helper()
	if os.Getenv(ownVariable) == t.Name() {
		Up(t, "lo")
		return true
	}
	if os.Geteuid() != 0 {
		Unavailable(t, "a network namespace needs root")
	}
	out, err := runInNamespace(t.Name(), without)
	switch {
	case err != nil && len(out) == 0:
		Unavailable(t, fmt.Sprint("cannot make a network namespace: ", err))
	case err != nil:
		t.Fatalf("in the namespace: %v\n%s", err, out)
	case strings.Contains(out, "--- SKIP: "+t.Name()+" "):
		t.Skipf("in the namespace:\n%s", out)
	}
	t.Logf("in the namespace:\n%s", out)
	return false
}

// runInNamespace runs a test of this program in another process.
func runInNamespace(name string, without []uintptr) (out string, err error) {
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(name), "/", "$/^") + "$" // matched level by level
	cmd := exec.Command("/proc/self/exe", "-test.run="+pattern, "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), ownVariable+"="+name)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	doneC := make(chan struct{})
	go func() {
		defer close(doneC)
		runtime.LockOSThread() // and never unlocked: the thread ends with what it lost
		for _, capability := range without {
			if err = unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil {
				err = fmt.Errorf("drop capability %d: %w", capability, err)
				return
			}
		}
		var b []byte
		b, err = cmd.CombinedOutput()
		out = string(b)
	}()
	<-doneC
	return out, err
}
