package deploy_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// required reports whether PLINTH_TEST_REQUIRE, names separated by commas, asks for a
// program.
func required(name string) bool {
	for one := range strings.SplitSeq(os.Getenv("PLINTH_TEST_REQUIRE"), ",") {
		if strings.TrimSpace(one) == name {
			return true
		}
	}
	return false
}

// missing skips t, or fails it where the program is required.
func missing(t *testing.T, name string, why error) {
	t.Helper()
	if required(name) {
		t.Fatalf("%s is required: %v", name, why)
	}
	t.Skipf("without %s: %v", name, why)
}

// program returns the path of an installed program; Debian keeps some where only root
// looks.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	missing(t, name, exec.ErrNotFound)
	return ""
}

// goTool builds a tool of another module, outside of this one's module graph, and returns
// its path. It needs that module, so it is required by the name go-tools.
func goTool(t *testing.T, tool string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "install", tool)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		missing(t, "go-tools", errors.New(tool+": "+string(out)))
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%s made %v, %v", tool, entries, err)
	}
	return filepath.Join(dir, entries[0].Name())
}

// check runs a program that judges files and wants it content. It returns what the program said.
func check(t *testing.T, path string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", filepath.Base(path), strings.Join(args, " "), err, out)
	}
	return string(out)
}

// output is what a process has written so far.
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

// leash runs a program until standard input ends, which is when this process is gone, however it went.
const leash = `"$@" & cat >/dev/null; kill "$!"; wait "$!"`

// process is a program that runs beside the test.
type process struct {
	out  output
	stop func() error // by SIGTERM; it returns how the program ended
}

// start runs a program until t ends.
func start(t *testing.T, env []string, path string, args ...string) *process {
	t.Helper()
	p := &process{}
	cmd := exec.Command("/bin/sh", append([]string{"-c", leash, "leash", path}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	in, err := cmd.StdinPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	p.stop = sync.OnceValue(func() error {
		_ = in.Close()
		return cmd.Wait()
	})
	t.Cleanup(func() {
		_ = p.stop()
		if t.Failed() {
			t.Logf("%s says:\n%s", filepath.Base(path), p.out.String())
		}
	})
	return p
}

// freeAddr returns a loopback address nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only its address is wanted
	return l.Addr().String()
}

// await waits until somebody accepts connections.
func await(t *testing.T, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			_ = conn.Close()
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("nobody listens on %s: %v", addr, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// read returns a file of this folder.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// changed replaces texts of a configuration, given as pairs, by those of this machine, and writes it to a file.
// Everything else stays as it is delivered, so a text that is not there fails the test.
func changed(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	text := read(t, name)
	for pair := range slices.Chunk(pairs, 2) {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("%s does not have %q", name, pair[0])
		}
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	file := filepath.Join(t.TempDir(), filepath.Base(name))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
