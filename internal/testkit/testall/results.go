package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

const module = "github.com/seed-7694ebf6/plinth"

// event is what go test -json reports, see go doc test2json.
type event struct {
	Action, Package, Test, Output string
}

// results collects what tests report.
type results struct {
	out     io.Writer
	actions map[string]string   // the last one, by package and test
	logged  map[string][]string // by package and test, of those that did not pass
	written map[string][]event  // by packages that have not ended
}

func newResults(out io.Writer) *results {
	return &results{out: out, actions: map[string]string{}, logged: map[string][]string{}, written: map[string][]event{}}
}

// mostLogged is how many messages of a failed test the summary shows.
const mostLogged = 10

// message is what a test has logged: the file, the line and the text.
var message = regexp.MustCompile(`^\s*\S+\.go:\d+: (.*)`)

// read collects results. It prints a line for each package and the output of those that fail.
func (r *results) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(r.out, lines.Text()) // a build that failed
			continue
		}
		r.add(e)
	}
	return lines.Err()
}

func (r *results) add(e event) {
	name := e.Package + " " + e.Test
	switch {
	case e.Action == "output" || e.Action == "build-output":
		r.written[e.Package] = append(r.written[e.Package], e)
		if text := message.FindStringSubmatch(e.Output); text != nil && e.Test != "" {
			r.logged[name] = append(r.logged[name], text[1])
		}
	case e.Test != "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip"):
		r.actions[name] = e.Action
		if e.Action == "pass" {
			delete(r.logged, name)
		}
	case e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip"):
		if e.Action == "fail" {
			r.show(append(r.written[""], r.written[e.Package]...))
		}
		if e.Action == "pass" {
			fmt.Fprintln(r.out, "ok  ", e.Package)
		}
		delete(r.written, e.Package)
	}
}

// show prints what a package wrote, without the tests that passed.
func (r *results) show(written []event) {
	for _, e := range written {
		action := r.actions[e.Package+" "+e.Test]
		if strings.HasPrefix(e.Output, "=== ") || action == "pass" || action == "skip" {
			continue
		}
		fmt.Fprint(r.out, e.Output)
	}
}

// summarize prints how many tests passed, which failed, and why others were skipped. A test with subtests counts by those.
func (r *results) summarize() {
	inner := map[string]bool{}
	for name := range r.actions {
		for at := strings.LastIndexByte(name, '/'); at > strings.LastIndexByte(name, ' '); at = strings.LastIndexByte(name[:at], '/') {
			inner[name[:at]] = true
		}
	}
	var passed int
	var failed []string
	reasons := map[string][]string{}
	for name, action := range r.actions {
		switch {
		case action == "fail":
			failed = append(failed, name)
		case action == "skip":
			why := r.why(name)
			reasons[why] = append(reasons[why], name)
		case !inner[name]:
			passed++
		}
	}
	fmt.Fprintf(r.out, "\n%d tests passed, %d failed, %d skipped\n", passed, len(failed), r.count("skip"))
	slices.Sort(failed)
	for _, name := range failed {
		fmt.Fprintln(r.out, "  failed: ", strings.TrimPrefix(name, module))
		for _, text := range r.logged[name][:min(len(r.logged[name]), mostLogged)] {
			fmt.Fprintf(r.out, "           %.500s\n", text)
		}
	}
	var lines []string
	for why, names := range reasons {
		slices.Sort(names)
		example := strings.TrimPrefix(names[0], module)
		lines = append(lines, fmt.Sprintf("  skipped: %4d  %s (such as %s)", len(names), why, example))
	}
	slices.Sort(lines)
	slices.Reverse(lines)
	for _, line := range lines {
		fmt.Fprintln(r.out, line)
	}
}

// why returns why a test was skipped, which is its last message.
func (r *results) why(name string) string {
	if of := r.logged[name]; len(of) > 0 {
		return of[len(of)-1]
	}
	return ""
}

func (r *results) count(action string) (n int) {
	for _, a := range r.actions {
		if a == action {
			n++
		}
	}
	return n
}

// judge reports every test of the table that did not pass, and every part of one that was skipped. Tests that have a long
// form only are not asked for in a short run.
func (r *results) judge(cases []securityCase) error {
	var errs []error
	for _, c := range cases {
		for _, test := range c.tests {
			name := path.Join(module, test.folder) + " " + test.name
			if r.actions[name] != "pass" && !r.longOnly(name) {
				errs = append(errs, fmt.Errorf("%s: %s in %s: %s", c.id, test.name, test.folder, orNotRun(r.actions[name])))
			}
			for part, action := range r.actions {
				if action == "skip" && strings.HasPrefix(part, name+"/") && !r.longOnly(part) {
					errs = append(errs, fmt.Errorf("%s: %s was skipped", c.id, part))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// longOnly reports whether a test was skipped by [programtest.SkipShort].
func (r *results) longOnly(name string) bool {
	return r.actions[name] == "skip" && strings.HasPrefix(r.why(name), programtest.LongOnly)
}

func orNotRun(action string) string {
	if action == "" {
		return "did not run"
	}
	return "ended with " + action
}
