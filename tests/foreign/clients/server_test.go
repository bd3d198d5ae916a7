package clients_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is an example as a process of its own.
type server struct {
	url, publishable string
}

// watchSources opens every folder of this module. The cache of go test then runs
// this test again when one of the programs or scripts has changed, which it
// does not import.
func watchSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("../../..", func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another test's, and gone
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".."
		if err == nil && entry.IsDir() && (hidden || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// build builds an example and returns the program.
func build(t *testing.T, example string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), example)
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../../examples/"+example).CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", example, err, out)
	}
	return binary
}

// start runs a program on a free port of the loopback address until the test
// ends, and reads from its banner how to reach it.
func start(t *testing.T, binary string, args []string, env ...string) server {
	t.Helper()
	return run(t, exec.Command(binary, args...), filepath.Join(t.TempDir(), "out"), env) // without the test's context, which would kill it
}

// startTo does so and lets the program print into a file.
func startTo(t *testing.T, binary, out string, env ...string) server {
	t.Helper()
	return run(t, exec.Command(binary), out, env)
}

func run(t *testing.T, cmd *exec.Cmd, out string, env []string) server {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Dir = t.TempDir()
	cmd.Env = append(append(os.Environ(), "PLINTH_ADDR=127.0.0.1:0"), env...)
	cmd.Stderr = &stderr
	printed, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer printed.Close() // the program has its own
	cmd.Stdout = printed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		stop(t, cmd, exited)
		if t.Failed() && stderr.Len() > 0 {
			t.Logf("%s wrote\n%s", filepath.Base(cmd.Path), stderr.String())
		}
	})
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		var s server
		for line := range strings.Lines(string(text)) {
			s.read(line)
		}
		if s.publishable != "" && strings.HasSuffix(string(text), "\n") {
			return s
		}
	}
	t.Fatalf("%s did not start", filepath.Base(cmd.Path))
	return server{}
}

// read takes what a line of the banner tells.
func (s *server) read(line string) {
	for _, item := range []struct {
		label string
		value *string
	}{
		{"development mode on ", &s.url},
		{"publishable key ", &s.publishable},
	} {
		if _, value, ok := strings.Cut(line, item.label); ok {
			*item.value = strings.TrimSpace(value)
		}
	}
}

// stop ends a server as an operator would, and by force if that does not help.
func stop(t *testing.T, cmd *exec.Cmd, exited <-chan error) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Logf("%s: %v", cmd, err)
	}
	select {
	case err := <-exited:
		if err != nil {
			t.Errorf("%s after SIGTERM: %v", cmd, err)
		}
	case <-time.After(15 * time.Second):
		t.Errorf("%s is still running 15 seconds after SIGTERM", cmd)
		_ = cmd.Process.Kill()
		<-exited
	}
}
