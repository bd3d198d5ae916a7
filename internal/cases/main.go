// Command cases runs a go test command with -json and fails unless the tests of
// docs/security-cases.md ran, passed, and skipped nothing:
//
//	go run ./internal/cases go test -json ./...
//
// What the command wrote is shown for packages that failed.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
)

const (
	module = "github.com/seed-7694ebf6/plinth"
	table  = "docs/security-cases.md"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: cases go test -json <packages>")
		os.Exit(2)
	}
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cases:", err)
		os.Exit(1)
	}
}

// run runs the command and judges what it reports.
func run(command []string, out io.Writer) error {
	text, err := os.ReadFile(table)
	if err != nil {
		return err
	}
	cases, err := parse(string(text))
	if err != nil {
		return err
	}
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec // the command of the caller
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	results := results{}
	readErr := results.read(stdout, out)
	if err := errors.Join(readErr, cmd.Wait()); err != nil {
		return err
	}
	return results.judge(cases)
}

// event is what go test -json reports, see go doc test2json.
type event struct {
	Action, Package, Test, Output string
}

// results holds the last action on each test, by package and name.
type results map[string]string

// read collects results and shows the output of packages that fail.
func (r results) read(in io.Reader, out io.Writer) error {
	written := map[string][]string{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(out, lines.Text()) // a build that failed
			continue
		}
		switch {
		case e.Action == "output" || e.Action == "build-output":
			written[e.Package] = append(written[e.Package], e.Output)
		case e.Test != "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip"):
			r[e.Package+" "+e.Test] = e.Action
		case e.Action == "fail":
			fmt.Fprint(out, strings.Join(append(written[""], written[e.Package]...), ""))
		}
		if e.Test == "" && e.Action != "output" && e.Action != "build-output" {
			delete(written, e.Package)
		}
	}
	return lines.Err()
}

// judge reports every test of the table that did not pass, and every part of one
// that was skipped.
func (r results) judge(cases []securityCase) error {
	var errs []error
	for _, c := range cases {
		for _, test := range c.tests {
			name := path.Join(module, test.folder) + " " + test.name
			if r[name] != "pass" {
				errs = append(errs, fmt.Errorf("%s: %s in %s: %s", c.id, test.name, test.folder, orNotRun(r[name])))
			}
			for part, action := range r {
				if action == "skip" && strings.HasPrefix(part, name+"/") {
					errs = append(errs, fmt.Errorf("%s: %s was skipped", c.id, part))
				}
			}
		}
	}
	return errors.Join(errs...)
}

func orNotRun(action string) string {
	if action == "" {
		return "did not run"
	}
	return "ended with " + action
}
