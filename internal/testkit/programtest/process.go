package programtest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// leash runs a program until standard input ends, which is when this process is gone,
// however it went.
const leash = `"$@" & cat >/dev/null; kill "$!"; wait "$!"`

// Process is a program that runs beside a test. It is safe for concurrent use.
type Process struct {
	out  output
	stop func() error
}

// Start runs a program until tb ends, or this process does. Env is added to the
// environment of the test. What the program writes is shown where tb fails.
func Start(tb testing.TB, env []string, path string, args ...string) *Process {
	tb.Helper()
	return StartWith(tb, nil, env, path, args...)
}

// StartWith is [Start] for a program that inherits the listeners at addrs, see [Inherit].
func StartWith(tb testing.TB, addrs, env []string, path string, args ...string) *Process {
	tb.Helper()
	p := &Process{}
	cmd := exec.Command("/bin/sh", append([]string{"-c", leash, "leash", path}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	Inherit(tb, cmd, addrs...)
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	in, err := cmd.StdinPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		tb.Fatal(err)
	}
	p.stop = sync.OnceValue(func() error {
		_ = in.Close()
		return cmd.Wait()
	})
	tb.Cleanup(func() {
		_ = p.stop() // most programs are ended by the signal, as they should
		if tb.Failed() {
			tb.Logf("%s says:\n%s", filepath.Base(path), p.Output())
		}
	})
	return p
}

// Stop ends the program by SIGTERM, waits until it is gone and returns how it ended,
// each time the same.
func (p *Process) Stop() error { return p.stop() }

// Output returns what the program has written so far.
func (p *Process) Output() string { return p.out.String() }

type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
