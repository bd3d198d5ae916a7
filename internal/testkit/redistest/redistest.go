// Package redistest starts Redis servers for tests: processes that a test may kill, stop and
// start again.
package redistest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// Server is a Redis server on a port of 127.0.0.1. Its methods are for one goroutine
// at a time.
type Server struct {
	tb      testing.TB
	program string
	addr    string
	dir     string
	config  []string // before the address
	args    []string
	cmd     *exec.Cmd
}

// Start starts a server without persistence and ends it with tb. Arguments are those of
// redis-server. Where that is missing tb is skipped or failed, see [programtest.Path].
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return start(tb, &Server{args: append([]string{"--save", "", "--appendonly", "no"}, args...)})
}

// StartSentinel starts a Redis Sentinel that watches one master, as Start does.
func StartSentinel(tb testing.TB, name, master string) *Server {
	tb.Helper()
	host, port, _ := net.SplitHostPort(master)
	path := filepath.Join(tb.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor %s %s %s 1\nsentinel down-after-milliseconds %[1]s 1000\nsentinel failover-timeout %[1]s 3000\n", name, host, port)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return start(tb, &Server{config: []string{path, "--sentinel"}})
}

// start starts a server with its arguments at an address that is free.
func start(tb testing.TB, s *Server) *Server {
	tb.Helper()
	s.tb, s.program, s.dir = tb, programtest.Path(tb, "redis-server"), tb.TempDir()
	tb.Cleanup(s.Kill)
	err := programtest.OnFreePorts(1, func(addrs []string) error {
		s.addr = addrs[0]
		return s.run()
	})
	if err != nil {
		tb.Fatalf("redistest: %v", err)
	}
	return s
}

// Addr returns host and port.
func (s *Server) Addr() string { return s.addr }

// URL returns the server's URL.
func (s *Server) URL() string { return "redis://" + s.Addr() }

// Restart starts the server again after Kill, without its data. It returns when the server
// answers.
func (s *Server) Restart() {
	s.tb.Helper()
	if err := s.run(); err != nil {
		s.tb.Fatalf("redistest: %v", err)
	}
}

// run runs the server and returns when it answers.
func (s *Server) run() error {
	log := filepath.Join(s.dir, "log")
	if err := os.Remove(log); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	_, port, _ := net.SplitHostPort(s.addr)
	args := slices.Concat(s.config, []string{"--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--daemonize", "no", "--logfile", log}, s.args)
	s.cmd = exec.Command(s.program, args...)
	s.cmd.SysProcAttr = attributes()
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		answer, err := s.Ask("PING")
		text, _ := os.ReadFile(log) // it may not be there yet
		switch {
		case bytes.Contains(text, []byte("Address already in use")):
			s.Kill()
			return programtest.ErrInUse
		case err == nil && answer == "+PONG":
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("the server does not answer: %q, %v: %s", answer, err, text)
		}
	}
}

// Kill ends the server as kill -9 does.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Stop halts the server as kill -STOP does: it accepts connections, and says nothing.
func (s *Server) Stop() { _ = s.cmd.Process.Signal(stop) }

// Continue ends Stop.
func (s *Server) Continue() { _ = s.cmd.Process.Signal(proceed) }

// Do sends a command of words without spaces and returns the first line of the answer.
func (s *Server) Do(words ...string) string {
	s.tb.Helper()
	answer, err := s.Ask(strings.Join(words, " "))
	if err != nil || strings.HasPrefix(answer, "-") {
		s.tb.Fatalf("redistest: %s: %q, %v", words, answer, err)
	}
	return answer
}

// Ask sends a command of words without spaces and returns the first line of the answer.
func (s *Server) Ask(command string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line), err
}

// Info returns a section of INFO.
func (s *Server) Info(section string) string {
	s.tb.Helper()
	conn, err := net.DialTimeout("tcp", s.Addr(), 5*time.Second)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := fmt.Fprintf(conn, "INFO %s\r\nQUIT\r\n", section); err != nil {
		s.tb.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if err != nil {
		s.tb.Fatal(err)
	}
	return string(text)
}
