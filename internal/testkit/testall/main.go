// Command testall runs the tests and ends with a summary: what passed, what failed with which messages, and what was skipped
// for which reason.
//
//	go run ./internal/testkit/testall                 # go test ./...
//	go run ./internal/testkit/testall ./store/...     # arguments are those of go test
//
// One PostgreSQL server serves all packages, where there is one (see package pgtest). What failing packages wrote is shown
// when they end. With -cases it fails too unless the tests of docs/security-cases.md ran and passed, with every engine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	args, judged := os.Args[1:], false
	if len(args) > 0 && args[0] == "-cases" {
		args, judged = args[1:], true
	}
	if len(args) == 0 {
		args = []string{"./..."}
	}
	if err := run(ctx, args, judged, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testall:", err)
		os.Exit(1) // stop has nothing to do any more
	}
}

// run runs go test and reports what it found.
func run(ctx context.Context, args []string, judged bool, out io.Writer) error {
	environment, err := withServer(os.Environ())
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...) // the caller's arguments
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env, cmd.Stderr = environment, os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r := newResults(out)
	err = errors.Join(r.read(stdout), cmd.Wait())
	r.summarize()
	if judged {
		err = errors.Join(err, judge(r))
	}
	return err
}

// withServer names one server to all test processes. Where there is none each of them says why.
func withServer(environment []string) ([]string, error) {
	names, err := programtest.Parse(os.Getenv(programtest.Env))
	if err != nil || os.Getenv(pgtest.EnvURL) != "" || strings.Contains(strings.Join(names, " "), "docker") {
		return environment, err
	}
	url, err := pgtest.Source().Server()
	if err != nil {
		return environment, nil // tests are skipped for it, or fail, and the summary has the reason
	}
	return append(environment, pgtest.EnvURL+"="+url), nil
}

// judge reports every test of the table of security cases that did not pass.
func judge(r *results) error {
	text, err := os.ReadFile(table)
	if err != nil {
		return err
	}
	cases, err := parse(string(text))
	if err != nil {
		return err
	}
	return r.judge(cases)
}
