package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// server is the quickstart as a process of its own.
type server struct {
	cmd    *exec.Cmd
	base   string
	banner []string
	curls  []string
	exited chan error
}

// samples is the number of curl lines in the banner.
const samples = 5

// start builds the program once, runs it in an empty folder and reads its
// banner.
func start(t *testing.T, binary string, env ...string) *server {
	t.Helper()
	s := &server{cmd: exec.CommandContext(t.Context(), binary), exited: make(chan error, 1)}
	s.cmd.Dir = t.TempDir()
	s.cmd.Env = append(os.Environ(), append([]string{"PLINTH_ADDR=127.0.0.1:0"}, env...)...)
	var stderr bytes.Buffer
	s.cmd.Stderr = &stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for len(s.curls) < samples && lines.Scan() {
		line := lines.Text()
		s.banner = append(s.banner, line)
		if _, base, ok := strings.Cut(line, "development mode on "); ok {
			s.base = base
		}
		if strings.Contains(line, "curl ") {
			s.curls = append(s.curls, line)
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, out)
		s.exited <- s.cmd.Wait()
	}()
	if len(s.curls) < samples {
		t.Fatalf("the banner has %d curl lines, want %d\n%s\n%s", len(s.curls), samples, strings.Join(s.banner, "\n"), stderr.String())
	}
	return s
}

// stop sends SIGTERM and expects a clean end.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.exited:
		if err != nil {
			t.Errorf("after SIGTERM: %v", err)
		}
	case <-time.After(15 * time.Second):
		t.Error("still running 15 seconds after SIGTERM")
	}
}

func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "quickstart")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

func TestQuickstart(t *testing.T) {
	t.Parallel()
	binary := build(t)
	t.Run("size", func(t *testing.T) {
		t.Parallel()
		info, err := os.Stat(binary)
		if err != nil {
			t.Fatal(err)
		}
		if mib := float64(info.Size()) / (1 << 20); mib > 30 {
			t.Errorf("the stripped program has %.1f MiB, at most 30 are promised", mib)
		}
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		checkCurls(t, start(t, binary))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		checkCurls(t, start(t, binary, "PLINTH_DATABASE_URL="+pgtest.URL(t)))
	})
	t.Run("refusals", func(t *testing.T) {
		t.Parallel()
		checkRefusals(t, start(t, binary))
	})
	t.Run("production", func(t *testing.T) {
		t.Parallel()
		checkProduction(t, binary)
	})
}

// checkCurls runs the lines of the banner as they stand.
func checkCurls(t *testing.T, s *server) {
	t.Helper()
	programtest.Path(t, "curl")
	run := func(line string) []byte {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", line).Output()
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return out
	}
	notes := func(body []byte) []map[string]any {
		var rows []map[string]any
		if err := json.Unmarshal(body, &rows); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		return rows
	}
	var session struct {
		Token string `json:"access_token"`
		User  struct{ ID, Email string }
	}
	if out := run(s.curls[0]); json.Unmarshal(out, &session) != nil || session.Token == "" || session.User.Email == "" {
		t.Errorf("signed up: %s", out)
	}
	// The lines that follow use what this one leaves in the shell.
	login := s.curls[1] + "\n"
	created := notes(run(login + s.curls[2]))
	if len(created) != 1 || created[0]["title"] == "" || created[0]["version"] != 1.0 || created[0]["owner_id"] != session.User.ID {
		t.Errorf("user %s created %v", session.User.ID, created)
	}
	if list := notes(run(login + s.curls[3])); len(list) != 1 || list[0]["id"] != created[0]["id"] {
		t.Errorf("the user sees %v, want the one note", list)
	}
	if list := notes(run(s.curls[4])); len(list) != 0 {
		t.Errorf("an anonymous caller sees %v", list)
	}
	if got := string(run("curl -s " + s.base + "/hello")); got != "Hello from your own route\n" {
		t.Errorf("/hello = %q", got)
	}
	s.stop(t)
}

// checkRefusals sends what a proxy would.
func checkRefusals(t *testing.T, s *server) {
	t.Helper()
	for name, change := range map[string]func(*http.Request){
		"forwarded": func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.9") },
		"host":      func(r *http.Request) { r.Host = "notes.example" },
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/hello", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusMisdirectedRequest || !strings.Contains(string(body), "PLINTH_PUBLIC_URL") {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
	}
	s.stop(t)
}

// checkProduction starts the program where something is missing.
func checkProduction(t *testing.T, binary string) {
	t.Helper()
	for name, tc := range map[string]struct{ env, want string }{
		"open address":   {"PLINTH_ADDR=0.0.0.0:0", "PLINTH_PUBLIC_URL"},
		"plain http":     {"PLINTH_PUBLIC_URL=http://notes.example", "https://"},
		"keys missing":   {"PLINTH_PUBLIC_URL=https://notes.example", "PLINTH_PUBLISHABLE_KEYS"},
		"no master key":  {"PLINTH_PUBLIC_URL=https://notes.example", "PLINTH_MASTER_KEYS"},
		"short key":      {"PLINTH_PUBLISHABLE_KEYS=sb_publishable_x\nPLINTH_PUBLIC_URL=https://notes.example", "publishable key 1"},
		"unknown schema": {"PLINTH_SCHEMA=drop", "verify"},
		"forced outside": {"PLINTH_INSECURE_DEVELOPMENT=1\nPLINTH_ADDR=0.0.0.0:0", "loopback"},
	} {
		cmd := exec.CommandContext(t.Context(), binary)
		cmd.Dir = t.TempDir()
		cmd.Env = append(append(os.Environ(), "PLINTH_ADDR=127.0.0.1:0"), strings.Split(tc.env, "\n")...)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), tc.want) {
			t.Errorf("%s: %v, %s, want an error about %s", name, err, out, tc.want)
		}
	}
}
